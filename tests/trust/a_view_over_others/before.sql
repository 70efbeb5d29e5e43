CREATE TABLE public.theirs (id int, x text);
CREATE INDEX ON public.theirs ((x || public.trap('i')));
INSERT INTO public.theirs VALUES (1, 'a');
