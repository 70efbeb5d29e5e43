INSERT INTO public.users VALUES (7, 'a@b');
