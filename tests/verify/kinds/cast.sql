-- A cast by another function, and by another method.
-- expect: different cast (mood AS integer): function
-- expect: different cast (pair AS text): function, method
-- expect: unexpected function pair_text(pair)
-- before
CREATE FUNCTION mood_number(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION mood_other(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2';
CREATE CAST (mood AS int) WITH FUNCTION mood_number(mood);
-- drift
DROP CAST (mood AS int);
CREATE CAST (mood AS int) WITH FUNCTION mood_other(mood);
DROP CAST (pair AS text);
CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'x' $$;
CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair) AS ASSIGNMENT;
