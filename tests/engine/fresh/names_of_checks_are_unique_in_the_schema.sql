-- The server avoids names of constraints that exist in the schema.
-- revision
CREATE TABLE a (x int CHECK (x > 0));
CREATE TABLE b (y int, CONSTRAINT a_x_check1 CHECK (y > 0));
-- revision
ALTER TABLE a ADD CHECK (x < 9);
ALTER TABLE a ADD CHECK (x <> 5);
-- revision
ALTER TABLE a DROP CONSTRAINT a_x_check2;
