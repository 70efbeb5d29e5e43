-- expect: different function add_one(integer): leakproof
ALTER FUNCTION add_one(int) LEAKPROOF;
