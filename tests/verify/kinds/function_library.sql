-- A function in C of another library.
-- expect: different function symbol_of(): source, symbol
-- before
CREATE FUNCTION symbol_of() RETURNS int LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
-- drift
CREATE OR REPLACE FUNCTION symbol_of() RETURNS int LANGUAGE c AS '$libdir/citext', 'citext_cmp';
