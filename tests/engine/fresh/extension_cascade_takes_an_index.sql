-- CASCADE takes what depends on an extension's objects.
-- revision
CREATE EXTENSION pg_trgm;
CREATE TABLE t (id int, n text);
CREATE INDEX it ON t USING gin (n gin_trgm_ops);
-- revision
DROP EXTENSION pg_trgm CASCADE;
-- revision
CREATE EXTENSION pg_trgm;
CREATE INDEX IF NOT EXISTS it ON t USING gin (n gin_trgm_ops);
