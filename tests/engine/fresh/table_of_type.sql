-- A typed table.
-- revision
CREATE TYPE pair AS (x int, y text);
CREATE TABLE t OF pair (x WITH OPTIONS PRIMARY KEY, y WITH OPTIONS DEFAULT 'q');
-- revision
ALTER TYPE pair ADD ATTRIBUTE z int CASCADE;
-- revision
ALTER TABLE t NOT OF;
ALTER TABLE t DROP COLUMN z;
