CREATE TABLE public.own (id int);
CREATE TABLE public.more (id int);
INSERT INTO public.theirs (id, x) VALUES (1, 'a');
