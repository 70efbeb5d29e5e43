INSERT INTO public.users VALUES (7, 'a@b');
GRANT SELECT ON public.users TO PUBLIC;
