-- expect: different function add_one(integer): comment
COMMENT ON FUNCTION add_one(int) IS 'x';
