-- Checks go to the children, and back.
-- revision
CREATE TABLE p (id int CONSTRAINT pos CHECK (id > 0));
CREATE TABLE k (x int) INHERITS (p);
ALTER TABLE p ADD CONSTRAINT small CHECK (id < 100);
-- revision
ALTER TABLE k NO INHERIT p;
ALTER TABLE p DROP CONSTRAINT pos;
-- revision
ALTER TABLE k DROP CONSTRAINT pos;
ALTER TABLE k DROP CONSTRAINT small;
