-- An event trigger of another event and another function.
-- expect: different event trigger watch: function, on
-- before
CREATE FUNCTION on_more() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
-- drift
DROP EVENT TRIGGER watch;
CREATE EVENT TRIGGER watch ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION on_more();
