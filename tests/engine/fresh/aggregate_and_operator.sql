-- An aggregate and an operator over one's own function.
-- revision
CREATE FUNCTION plus(int, int) RETURNS int IMMUTABLE LANGUAGE sql AS 'select $1 + $2';
CREATE AGGREGATE total(int) (SFUNC = plus, STYPE = int, INITCOND = '0');
CREATE OPERATOR +~ (FUNCTION = plus, LEFTARG = int, RIGHTARG = int);
-- revision
DROP OPERATOR +~ (int, int);
ALTER AGGREGATE total(int) RENAME TO summed;
COMMENT ON AGGREGATE summed(int) IS 's';
