-- A name is used twice by objects of different kinds.
-- revision
CREATE TABLE x (a int);
DROP TABLE x;
CREATE VIEW x AS SELECT 1 AS a;
-- revision
DROP VIEW x;
CREATE SEQUENCE x;
-- revision
DROP SEQUENCE x;
CREATE TYPE x AS ENUM ('a');
CREATE TABLE y (x x);
