-- expect: different event trigger watch: tags
DROP EVENT TRIGGER watch;
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION on_ddl();
