-- A name built at run time.
-- revision
CREATE TABLE t (id int);
DROP POLICY IF EXISTS p_read ON t;
-- revision
DO $$ DECLARE n text; BEGIN FOR n IN SELECT relname FROM pg_class WHERE relname = 't' LOOP EXECUTE format('CREATE POLICY %I ON %I USING (true)', 'p_' || 'read', n); END LOOP; END $$;
-- revision
DROP POLICY IF EXISTS p_read ON t;
