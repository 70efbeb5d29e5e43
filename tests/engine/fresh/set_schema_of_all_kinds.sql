-- Everything moves with what it hangs on.
-- revision
CREATE SCHEMA s;
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE DOMAIN d AS int CHECK (VALUE > 0);
CREATE FUNCTION f(m mood) RETURNS int LANGUAGE sql AS 'select 1';
CREATE TABLE t (m mood DEFAULT 'a', d d, CONSTRAINT c CHECK (m <> 'b'));
CREATE INDEX i ON t (m);
CREATE VIEW v AS SELECT m FROM t;
-- revision
ALTER TYPE mood SET SCHEMA s;
ALTER DOMAIN d SET SCHEMA s;
ALTER FUNCTION f(s.mood) SET SCHEMA s;
ALTER TABLE t SET SCHEMA s;
ALTER VIEW v SET SCHEMA s;
-- revision
ALTER TABLE s.t ADD COLUMN n s.mood;
DROP INDEX s.i;
DROP FUNCTION s.f(s.mood);
CREATE TABLE t (x int);
