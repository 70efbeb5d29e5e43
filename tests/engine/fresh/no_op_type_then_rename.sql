-- A change to the type that the column has, and a rename.
-- revision
CREATE TABLE t (x integer, y varchar(5));
-- revision
ALTER TABLE t ALTER COLUMN x TYPE INTEGER;
ALTER TABLE t RENAME x TO z;
ALTER TABLE t ALTER y TYPE varchar(5), ALTER y SET DEFAULT 'q';
-- revision
ALTER TABLE t ADD COLUMN x text;
