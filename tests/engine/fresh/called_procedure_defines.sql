-- CALL drops what a later revision makes again.
-- revision
CREATE TABLE t (id int, n text);
CREATE INDEX tn ON t (n);
CREATE PROCEDURE tidy() LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DROP INDEX ' || 'tn'; END $$;
-- revision
CALL tidy();
-- revision
CREATE INDEX IF NOT EXISTS tn ON t (n);
DROP PROCEDURE tidy();
