CREATE TABLE public.t (id int, x text DEFAULT public.trap('a'), y int, CONSTRAINT ck CHECK (y > length(public.trap('c') || id::text)));
CREATE INDEX ti ON public.t ((lower(x) || public.trap('i')));
CREATE INDEX tp ON public.t (id) WHERE public.trap('p') = 'p';
INSERT INTO public.t (id, y) VALUES (1, 9);
CREATE VIEW public.v AS SELECT public.trap('v') || lower(x) AS x FROM public.t;
