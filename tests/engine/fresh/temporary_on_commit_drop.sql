-- A temporary table that its commit drops is no part of an end.
-- revision
CREATE TABLE a (id int PRIMARY KEY, v text);
INSERT INTO a VALUES (1, 'x');
-- revision
CREATE TEMP TABLE moved ON COMMIT DROP AS SELECT * FROM a;
UPDATE moved SET v = 'y';
DELETE FROM a;
INSERT INTO a SELECT * FROM moved;
-- revision
CREATE TABLE moved (LIKE a INCLUDING ALL);
