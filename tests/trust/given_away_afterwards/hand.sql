CREATE TRIGGER armed BEFORE INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION public.trap_row();
ALTER TABLE public.users OWNER TO {mallory};
