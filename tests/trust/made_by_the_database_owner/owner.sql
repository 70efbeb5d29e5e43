CREATE TABLE public.users (id int PRIMARY KEY, email text NOT NULL);
CREATE FUNCTION public.is_admin(u int) RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT u = 1';
