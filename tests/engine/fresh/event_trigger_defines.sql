-- An event trigger adds to each new table.
-- revision
CREATE FUNCTION on_new() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE' AND schema_name = 'public' AND object_identity NOT LIKE '%lockgate%' LOOP EXECUTE format('ALTER TABLE %s ADD COLUMN made_by text', r.object_identity); END LOOP; END $$;
CREATE EVENT TRIGGER on_new ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION on_new();
-- revision
CREATE TABLE t (id int);
-- revision
ALTER TABLE t ADD COLUMN IF NOT EXISTS made_by int;
ALTER TABLE t DROP COLUMN made_by;
