ALTER TABLE public.t ADD CONSTRAINT ck CHECK (x <> lower('A'::varchar));
ALTER TABLE public.t ADD CONSTRAINT cc CHECK (y <> ('a'::varchar || 'b'::varchar));
