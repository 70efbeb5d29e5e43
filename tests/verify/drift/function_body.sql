-- expect: different function add_one(integer): source
CREATE OR REPLACE FUNCTION add_one(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n + 2';
