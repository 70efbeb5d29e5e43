-- expect: different type pair: attributes
DROP CAST (pair AS text);
DROP OPERATOR <<< (pair, pair);
DROP FUNCTION pair_less(pair, pair);
ALTER TABLE customers DROP both_of;
DROP TYPE pair;
CREATE TYPE pair AS (a bigint, b text);
ALTER TABLE customers ADD both_of pair;
CREATE FUNCTION pair_less(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a < ($2).a';
CREATE OPERATOR <<< (function = pair_less, leftarg = pair, rightarg = pair);
CREATE CAST (pair AS text) WITH INOUT AS ASSIGNMENT;
