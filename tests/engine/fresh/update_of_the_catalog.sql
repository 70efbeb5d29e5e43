-- Nobody can state what an UPDATE of pg_catalog does.
-- revision
CREATE TABLE t (a varchar(10), CONSTRAINT c CHECK (a <> '') NOT VALID);
-- revision
UPDATE pg_catalog.pg_attribute SET atttypmod = 24 WHERE attrelid = 't'::regclass AND attname = 'a';
UPDATE pg_constraint SET convalidated = true WHERE conname = 'c';
-- revision
ALTER TABLE t VALIDATE CONSTRAINT c;
ALTER TABLE t ADD COLUMN b int;
