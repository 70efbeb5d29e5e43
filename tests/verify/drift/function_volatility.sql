-- expect: different function add_one(integer): volatility
ALTER FUNCTION add_one(int) STABLE;
