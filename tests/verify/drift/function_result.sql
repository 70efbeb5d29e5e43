-- expect: different function add_one(integer): returns
DROP FUNCTION add_one(int);
CREATE FUNCTION add_one(n int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT n + 1';
