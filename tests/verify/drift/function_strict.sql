-- expect: different function add_one(integer): strict
ALTER FUNCTION add_one(int) STRICT;
