DROP TABLE public.theirs;
