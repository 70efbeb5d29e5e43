CREATE TABLE public.own (id int);
