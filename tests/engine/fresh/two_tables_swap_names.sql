-- Two tables exchange their names.
-- revision
CREATE TABLE a (id int PRIMARY KEY, x int);
CREATE TABLE b (id text PRIMARY KEY, a_id int REFERENCES a);
CREATE VIEW v AS SELECT a.x FROM a;
-- revision
ALTER TABLE a RENAME TO t;
ALTER TABLE b RENAME TO a;
ALTER TABLE t RENAME TO b;
-- revision
ALTER TABLE a DROP CONSTRAINT b_a_id_fkey;
ALTER TABLE b ADD COLUMN y int;
DROP VIEW v;
