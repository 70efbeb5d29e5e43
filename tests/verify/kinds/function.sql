-- Functions in another language, with another body, symbol and rows.
-- expect: different function add_one(integer): language, source
-- expect: different function many(): rows, support
-- expect: different function outer_call(): source
-- expect: different function shift(integer): transforms
-- expect: different function tidy(integer): kind, returns
-- before
CREATE FUNCTION many() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION shift(n int) RETURNS int LANGUAGE sql AS 'SELECT n';
CREATE FUNCTION outer_call() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
-- drift
CREATE OR REPLACE FUNCTION many() RETURNS SETOF int LANGUAGE sql ROWS 5 SUPPORT generate_series_int4_support AS 'SELECT 1';
CREATE OR REPLACE FUNCTION shift(n int) RETURNS int LANGUAGE sql TRANSFORM FOR TYPE int AS 'SELECT n';
CREATE OR REPLACE FUNCTION outer_call() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
DROP PROCEDURE tidy(int);
CREATE FUNCTION tidy(INOUT n int DEFAULT 3) LANGUAGE plpgsql AS $$ BEGIN n := n + 1; END $$;
CREATE OR REPLACE FUNCTION add_one(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN n + 1; END';
