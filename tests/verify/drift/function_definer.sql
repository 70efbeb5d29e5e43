-- expect: different function add_one(integer): security definer
ALTER FUNCTION add_one(int) SECURITY DEFINER;
