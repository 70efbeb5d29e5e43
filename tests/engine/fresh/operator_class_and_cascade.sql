-- An operator with its class, and all that falls with it.
-- revision
CREATE FUNCTION less(int, int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'select $1 < $2';
CREATE OPERATOR <<< (FUNCTION = less, LEFTARG = int, RIGHTARG = int);
CREATE TABLE t (a int, CHECK (a <<< 9));
CREATE OPERATOR CLASS ints FOR TYPE int USING hash AS OPERATOR 1 =;
CREATE INDEX i ON t USING hash (a ints);
-- revision
DROP OPERATOR <<< (int, int) CASCADE;
DROP OPERATOR CLASS ints USING hash CASCADE;
-- revision
CREATE INDEX IF NOT EXISTS i ON t (a);
ALTER TABLE t ADD CHECK (a < 9);
