-- A right by hand on an object of each kind, where privileges are asked for.
-- privileges
-- expect: different column customers.name: grants
-- expect: different default privileges of app on sequences everywhere: grants
-- expect: different foreign data wrapper nowhere: grants
-- expect: different function add_one(integer): grants
-- expect: different language plother: grants
-- expect: different schema side: grants
-- expect: different sequence numbers: grants
-- expect: different server far: grants
-- expect: different table parent: grants
-- expect: different type mood: grants
-- expect: different view big: grants
-- expect: missing default privileges of app on functions everywhere
-- expect: unexpected default privileges of app on tables everywhere
-- before
CREATE ROLE lockgate_kinds_reader;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON SEQUENCES TO lockgate_kinds_reader;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO lockgate_kinds_reader;
-- drift
GRANT SELECT (name) ON customers TO lockgate_kinds_reader;
GRANT USAGE ON FOREIGN DATA WRAPPER nowhere TO lockgate_kinds_reader;
GRANT EXECUTE ON FUNCTION add_one(int) TO lockgate_kinds_reader;
GRANT USAGE ON LANGUAGE plother TO lockgate_kinds_reader;
GRANT USAGE ON SCHEMA side TO lockgate_kinds_reader;
GRANT USAGE ON SEQUENCE numbers TO lockgate_kinds_reader;
GRANT USAGE ON FOREIGN SERVER far TO lockgate_kinds_reader;
GRANT SELECT ON parent TO lockgate_kinds_reader;
GRANT USAGE ON TYPE mood TO lockgate_kinds_reader;
GRANT SELECT ON big TO lockgate_kinds_reader;
ALTER DEFAULT PRIVILEGES GRANT UPDATE ON SEQUENCES TO lockgate_kinds_reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM lockgate_kinds_reader;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO lockgate_kinds_reader;
