-- expect: different function add_one(integer): arguments, source
DROP FUNCTION add_one(int);
CREATE FUNCTION add_one(m int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT m + 1';
