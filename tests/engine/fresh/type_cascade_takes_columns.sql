-- DROP TYPE CASCADE takes columns, and functions.
-- revision
CREATE TYPE mood AS ENUM ('a');
CREATE TABLE t (id int, m mood, n text DEFAULT 'a'::mood::text);
CREATE INDEX tm ON t (m);
CREATE FUNCTION f(m mood) RETURNS int LANGUAGE sql AS 'select 1';
-- revision
DROP TYPE mood CASCADE;
-- revision
ALTER TABLE t ADD COLUMN IF NOT EXISTS m text;
CREATE INDEX IF NOT EXISTS tm ON t (m);
ALTER TABLE t ALTER n SET DEFAULT 'b';
CREATE FUNCTION f(m text) RETURNS int LANGUAGE sql AS 'select 1';
