-- An operator class for another type.
-- expect: different operator class pairs using hash: for type, operators
-- expect: unexpected function mood_less(mood, mood)
-- expect: unexpected operator <<< (mood, mood)
-- before
CREATE OPERATOR CLASS pairs FOR TYPE pair USING hash AS OPERATOR 1 <<<;
-- drift
DROP OPERATOR CLASS pairs USING hash;
CREATE FUNCTION mood_less(mood, mood) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR <<< (function = mood_less, leftarg = mood, rightarg = mood);
CREATE OPERATOR CLASS pairs FOR TYPE mood USING hash AS OPERATOR 1 <<<;
