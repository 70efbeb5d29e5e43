-- A loop drops the indexes of a table.
-- revision
CREATE TABLE t (id int, n text);
CREATE INDEX ia ON t (n);
-- revision
DO $$ DECLARE r record; BEGIN FOR r IN SELECT indexname FROM pg_indexes WHERE tablename = 't' LOOP EXECUTE 'DROP INDEX ' || quote_ident(r.indexname); END LOOP; END $$;
-- revision
CREATE INDEX IF NOT EXISTS ia ON t (n);
