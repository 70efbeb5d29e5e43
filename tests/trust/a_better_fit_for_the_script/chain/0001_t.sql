CREATE TABLE public.t (id int, x varchar, y varchar);
