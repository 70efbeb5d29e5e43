-- The pair that pg_dump writes.
-- revision
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';
CREATE TABLE b (id serial);
DO $$ DECLARE r text := 'x'; BEGIN EXECUTE format('CREATE TABLE public.%I (id int)', r); END $$;
-- revision
ALTER EXTENSION citext SET SCHEMA pg_catalog;
DROP TABLE IF EXISTS x;
