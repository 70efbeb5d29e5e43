-- A column of an extension's type goes with the extension.
-- revision
CREATE EXTENSION citext;
CREATE TABLE t (id int, n citext UNIQUE);
CREATE VIEW v AS SELECT n FROM t;
-- revision
DROP EXTENSION citext CASCADE;
-- revision
ALTER TABLE t ADD COLUMN IF NOT EXISTS n text;
DROP VIEW IF EXISTS v;
CREATE VIEW v AS SELECT n FROM t;
