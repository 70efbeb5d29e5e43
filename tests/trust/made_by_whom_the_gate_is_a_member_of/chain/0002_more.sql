CREATE TABLE public.more (id int CHECK (id > 0));
