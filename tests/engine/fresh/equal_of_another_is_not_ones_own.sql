-- What LIKE and a block made is not the unnamed definition of a later revision.
-- revision
CREATE TABLE b (x int PRIMARY KEY, y text UNIQUE);
CREATE TABLE c (LIKE b INCLUDING ALL);
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (x int);
DO $$ BEGIN EXECUTE 'ALTER TABLE t ADD CONSTRAINT my_fk FOREIGN KEY (x) REFERENCES p'; END $$;
-- revision
ALTER TABLE c ADD UNIQUE (y);
ALTER TABLE t ADD FOREIGN KEY (x) REFERENCES p;
