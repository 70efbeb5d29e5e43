-- A DROP COLUMN leaves a child's own column.
-- revision
CREATE TABLE p (id int, n text, o int DEFAULT 4);
CREATE TABLE k (n text) INHERITS (p);
CREATE TABLE k2 () INHERITS (p);
-- revision
ALTER TABLE p DROP COLUMN n;
-- revision
ALTER TABLE k ADD COLUMN IF NOT EXISTS n text;
ALTER TABLE k2 ADD COLUMN IF NOT EXISTS n text;
ALTER TABLE p RENAME o TO p_o;
