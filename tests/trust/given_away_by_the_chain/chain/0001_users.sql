CREATE TABLE public.users (id int PRIMARY KEY, email text NOT NULL);
CREATE FUNCTION public.is_admin(u int) RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT u = 1';
ALTER TABLE public.users OWNER TO {mallory};
CREATE SCHEMA theirs AUTHORIZATION {mallory};
CREATE SCHEMA IF NOT EXISTS theirs_too AUTHORIZATION {mallory};
CREATE TABLE public.code (id int);
DO $$BEGIN EXECUTE 'ALTER TABLE public.code OWNER TO {owner}'; END$$;
