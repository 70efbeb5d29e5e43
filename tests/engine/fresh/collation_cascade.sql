-- DROP COLLATION CASCADE takes columns and indexes.
-- revision
CREATE COLLATION co (locale = 'C');
CREATE TABLE t (a text COLLATE co, b text);
CREATE INDEX i ON t (b COLLATE co);
-- revision
DROP COLLATION co CASCADE;
-- revision
CREATE INDEX IF NOT EXISTS i ON t (b);
ALTER TABLE t ADD COLUMN IF NOT EXISTS a text;
