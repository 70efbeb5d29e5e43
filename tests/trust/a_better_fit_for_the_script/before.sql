CREATE FUNCTION public.lower(varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN public.trap($1::text); END';
CREATE FUNCTION public.joined(varchar, varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN public.trap($1::text); END';
CREATE OPERATOR public.|| (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.joined);
