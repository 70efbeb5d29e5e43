-- A function of pg_temp is gone with its session.
-- revision
CREATE FUNCTION pg_temp.twice(n int) RETURNS int LANGUAGE sql AS 'select n * 2';
CREATE TABLE t AS SELECT pg_temp.twice(4) AS four;
-- revision
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'select n * 2';
