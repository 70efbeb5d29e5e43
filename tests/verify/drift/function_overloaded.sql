-- expect: unexpected function add_one(bigint)
CREATE FUNCTION add_one(n bigint) RETURNS bigint LANGUAGE sql AS 'SELECT n';
