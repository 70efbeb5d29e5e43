CREATE TABLE public.t (id int, x text);
