-- Dropped and made again under the same signature.
-- revision
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'select 1';
COMMENT ON FUNCTION f(int) IS 'one';
GRANT EXECUTE ON FUNCTION f(int) TO app_reader;
-- revision
DROP FUNCTION f(int);
CREATE FUNCTION f(a int) RETURNS text LANGUAGE sql AS $$ select 'x' $$;
-- revision
CREATE OR REPLACE FUNCTION f(a int) RETURNS text LANGUAGE plpgsql AS $$ begin return 'y'; end $$;
