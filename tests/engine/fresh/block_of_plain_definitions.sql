-- A block without control flow is its definitions.
-- revision
CREATE TABLE t (id int);
DO $$ BEGIN ALTER TABLE t ADD COLUMN a int; CREATE INDEX ta ON t (a); CREATE TYPE mood AS ENUM ('x'); END $$;
-- revision
ALTER TABLE t ALTER a SET NOT NULL;
ALTER TYPE mood ADD VALUE 'y';
DROP INDEX ta;
