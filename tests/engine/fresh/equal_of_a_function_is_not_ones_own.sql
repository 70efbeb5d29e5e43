-- What a called function made is not claimed by a later unnamed index.
-- revision
CREATE TABLE t (a int, b int);
CREATE FUNCTION prepare() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'CREATE INDEX made ON t (a)'; END $$;
SELECT prepare();
-- revision
CREATE INDEX ON t (a);
CREATE INDEX ON t (a);
