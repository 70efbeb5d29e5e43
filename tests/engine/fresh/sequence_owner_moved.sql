-- A sequence goes with the table of its last owner.
-- revision
CREATE SEQUENCE s;
CREATE TABLE a (id int);
CREATE TABLE b (id int);
ALTER SEQUENCE s OWNED BY a.id;
-- revision
ALTER SEQUENCE s OWNED BY b.id;
-- revision
DROP TABLE a;
-- revision
DROP SEQUENCE IF EXISTS s;
