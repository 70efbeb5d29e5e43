ALTER TABLE public.t ALTER x SET DEFAULT public.trap('a');
ALTER TABLE public.t ADD CONSTRAINT ck CHECK (y > length(public.trap('c') || id::text));
CREATE INDEX ti ON public.t ((lower(x) || public.trap('i')));
