-- Rights on objects of the server, and on the database.
-- revision
GRANT USAGE ON SCHEMA public TO app_reader;
GRANT SELECT ON pg_catalog.pg_class TO app_reader;
GRANT USAGE ON LANGUAGE plpgsql TO app_reader;
-- revision
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE USAGE ON LANGUAGE plpgsql FROM app_reader;
