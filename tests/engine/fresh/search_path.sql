-- Names follow the path of their revision.
-- revision
CREATE SCHEMA s;
SET search_path = s, public;
CREATE TABLE t (id int);
CREATE TYPE mood AS ENUM ('a');
-- revision
CREATE TABLE t (id text);
SET LOCAL search_path TO s;
ALTER TABLE t ADD COLUMN m mood;
CREATE INDEX i ON t (m);
-- revision
SELECT set_config('search_path', 's,public', false);
DROP INDEX i;
ALTER TABLE t ADD COLUMN x int;
RESET search_path;
ALTER TABLE t ADD COLUMN y int;
