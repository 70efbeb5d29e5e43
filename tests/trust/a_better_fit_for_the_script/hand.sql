ALTER TABLE public.t ADD CONSTRAINT ck CHECK (x <> pg_catalog.lower('B'));
ALTER TABLE public.t ADD CONSTRAINT cc CHECK (y <> 'ab');
