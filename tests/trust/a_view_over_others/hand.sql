CREATE VIEW public.v AS SELECT lower(x) || public.trap('v') AS x FROM public.theirs WHERE id > 0;
