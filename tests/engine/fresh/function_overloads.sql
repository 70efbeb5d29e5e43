-- Functions of one name, told apart by their arguments.
-- revision
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'select 1';
CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'select 2';
CREATE FUNCTION f(VARIADIC a int[]) RETURNS int LANGUAGE sql AS 'select 3';
CREATE FUNCTION f(OUT x int, IN y date) LANGUAGE sql AS 'select 4';
-- revision
DROP FUNCTION f(text);
ALTER FUNCTION f(int) STABLE;
COMMENT ON FUNCTION f(date) IS 'd';
-- revision
DROP FUNCTION IF EXISTS f(text);
DROP FUNCTION f(integer), f(VARIADIC integer[]);
ALTER FUNCTION f(date) RENAME TO g;
