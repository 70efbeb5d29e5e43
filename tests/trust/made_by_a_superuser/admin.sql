CREATE TABLE public.users (id int PRIMARY KEY CHECK (id > 0), email text DEFAULT 'none');
