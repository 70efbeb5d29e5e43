-- Their state, their owner, their name.
-- revision
CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'begin perform 1; end';
CREATE EVENT TRIGGER e ON ddl_command_start WHEN TAG IN ('DROP TABLE', 'CREATE TABLE') EXECUTE FUNCTION f();
COMMENT ON EVENT TRIGGER e IS 'watch';
-- revision
ALTER EVENT TRIGGER e ENABLE REPLICA;
ALTER EVENT TRIGGER e RENAME TO g;
-- revision
DROP EVENT TRIGGER g;
CREATE EVENT TRIGGER g ON sql_drop EXECUTE FUNCTION f();
