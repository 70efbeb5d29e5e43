-- lockgate:unless SELECT public.effect()
INSERT INTO public.t VALUES (1);
