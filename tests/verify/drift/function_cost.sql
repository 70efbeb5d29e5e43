-- expect: different function add_one(integer): cost
ALTER FUNCTION add_one(int) COST 7;
