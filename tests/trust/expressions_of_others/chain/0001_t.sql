CREATE TABLE public.t (id int, x text, y int);
ALTER TABLE public.t ALTER x SET DEFAULT lower('A');
ALTER TABLE public.t ADD CONSTRAINT ck CHECK (y > length('c' || id::text));
CREATE INDEX ti ON public.t ((lower(x) || 'i'));
CREATE VIEW public.v AS SELECT lower(x) AS x FROM public.t;
