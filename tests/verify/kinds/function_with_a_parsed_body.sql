-- A body that is parsed at its making.
-- since: 14
-- expect: different function twice(integer): body
-- before
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql RETURN n * 2;
-- drift
CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql RETURN n + n;
