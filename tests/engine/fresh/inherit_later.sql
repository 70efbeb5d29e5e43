-- INHERIT of a table that exists.
-- revision
CREATE TABLE p (id int NOT NULL, a text);
CREATE TABLE k (a text, id int NOT NULL, own int);
ALTER TABLE k INHERIT p;
-- revision
ALTER TABLE p ADD COLUMN b int DEFAULT 1;
ALTER TABLE p ALTER a SET NOT NULL;
-- revision
ALTER TABLE k NO INHERIT p;
ALTER TABLE p DROP COLUMN b;
DROP TABLE p;
