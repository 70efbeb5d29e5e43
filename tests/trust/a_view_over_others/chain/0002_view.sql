CREATE VIEW public.v AS SELECT lower(x) AS x FROM public.t WHERE id > 0;
