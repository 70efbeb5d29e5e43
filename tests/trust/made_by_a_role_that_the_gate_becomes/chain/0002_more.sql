CREATE TABLE public.more (id int CHECK (id > 0));
ALTER TABLE public.users ADD age int;
