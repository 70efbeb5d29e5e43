-- Actions, matches, and a key over many columns.
-- revision
CREATE TABLE p (a int, b int, PRIMARY KEY (a, b), UNIQUE (b, a));
CREATE TABLE c (x int, y int, FOREIGN KEY (x, y) REFERENCES p MATCH FULL ON DELETE SET NULL);
CREATE TABLE d (x int, y int, FOREIGN KEY (y, x) REFERENCES p (b, a) ON UPDATE CASCADE DEFERRABLE);
CREATE TABLE self (id int PRIMARY KEY, up int REFERENCES self ON DELETE CASCADE);
-- revision
ALTER TABLE p RENAME a TO z;
ALTER TABLE p RENAME TO parent;
ALTER TABLE c DROP CONSTRAINT c_x_y_fkey, ADD FOREIGN KEY (x, y) REFERENCES parent;
-- revision
ALTER TABLE self RENAME id TO self_id;
DROP TABLE parent CASCADE;
