CREATE TABLE public.theirs (id int PRIMARY KEY);
