-- expect: missing function add_one(integer)
DROP FUNCTION add_one(int);
