CREATE TABLE public.own (id int PRIMARY KEY, their_id int REFERENCES public.theirs (id));
