-- A temporary view takes the name of a table for one revision.
-- revision
CREATE TABLE kept (id int, a text);
-- revision
CREATE TEMP VIEW kept AS SELECT 1 AS one;
DROP VIEW IF EXISTS kept;
ALTER TABLE kept ADD COLUMN b text;
-- revision
DROP TABLE IF EXISTS kept;
CREATE TABLE kept (id int, c text);
