-- An event trigger that refuses tables elsewhere.
-- revision
CREATE TABLE t (id int, n varchar(10));
CREATE FUNCTION guard() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE' LOOP IF r.object_identity !~ '^public\.' THEN RAISE EXCEPTION 'tables only in public: %', r.object_identity; END IF; END LOOP; END $$;
CREATE EVENT TRIGGER guard ON ddl_command_end EXECUTE FUNCTION guard();
-- revision
ALTER TABLE t ADD CONSTRAINT k CHECK (n IN ('a','b'));
CREATE TABLE public.u (id int);
-- revision
ALTER EVENT TRIGGER guard DISABLE;
ALTER TABLE t DROP CONSTRAINT k;
