-- A wrapper with a handler.
-- expect: different foreign data wrapper nowhere: handler
-- before
CREATE FUNCTION handle() RETURNS fdw_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
-- drift
ALTER FOREIGN DATA WRAPPER nowhere HANDLER handle;
