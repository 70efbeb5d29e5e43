CREATE TABLE public.theirs (id int PRIMARY KEY, x text);
CREATE INDEX ON public.theirs ((x || public.trap('i')));
INSERT INTO public.theirs VALUES (2, 'a');
