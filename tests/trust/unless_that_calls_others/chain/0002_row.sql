-- lockgate:unless SELECT public.trap('x') = 'y'
INSERT INTO public.t VALUES (1);
-- lockgate:unless SELECT count(*) = 0 FROM public.t
INSERT INTO public.t VALUES (2);
