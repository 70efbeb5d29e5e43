-- expect: different function add_one(integer): parallel
ALTER FUNCTION add_one(int) PARALLEL SAFE;
