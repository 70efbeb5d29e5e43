CREATE FUNCTION public.effect() RETURNS bool LANGUAGE plpgsql AS 'BEGIN PERFORM public.sprung(); RETURN false; END';
GRANT ALL ON FUNCTION public.effect() TO PUBLIC;
