-- expect: unexpected function by_hand()
CREATE FUNCTION by_hand() RETURNS int LANGUAGE sql AS 'SELECT 1';
