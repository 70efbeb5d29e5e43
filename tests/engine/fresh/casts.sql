-- Casts have no name.
-- revision
CREATE CAST (text AS int) WITH INOUT AS ASSIGNMENT;
CREATE TYPE pair AS (a int, b int);
CREATE FUNCTION of_pair(pair) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'x' $$;
CREATE CAST (pair AS text) WITH FUNCTION of_pair(pair) AS IMPLICIT;
COMMENT ON CAST (pair AS text) IS 'c';
-- revision
DROP CAST (text AS int);
DROP CAST IF EXISTS (text AS int);
DROP FUNCTION of_pair(pair) CASCADE;
