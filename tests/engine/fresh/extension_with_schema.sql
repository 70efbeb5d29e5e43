-- An extension in a schema of its own.
-- revision
CREATE SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
CREATE TABLE t (h ext.hstore DEFAULT ''::ext.hstore);
-- revision
SET search_path = public, ext;
ALTER TABLE t ADD COLUMN k hstore;
CREATE INDEX i ON t USING gin (k);
-- revision
ALTER EXTENSION hstore SET SCHEMA public;
ALTER TABLE t ADD COLUMN l hstore;
