-- expect: different function add_one(integer): set
ALTER FUNCTION add_one(int) SET search_path = side;
