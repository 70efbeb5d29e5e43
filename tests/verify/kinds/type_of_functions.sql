-- Ranges of another subtype and another canonical function, a base type of other functions.
-- expect: different type apart: range
-- expect: different type num: base
-- expect: different type steps: canonical
-- expect: unexpected function steps_canonical(steps)
-- before
CREATE TYPE apart AS RANGE (subtype = int4);
CREATE TYPE steps AS RANGE (subtype = int4);
CREATE TYPE num;
CREATE FUNCTION num_in(cstring) RETURNS num LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION num_out(num) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE FUNCTION num_other(num) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE num (input = num_in, output = num_out, like = int4);
-- drift
DROP TYPE apart;
CREATE TYPE apart AS RANGE (subtype = int8);
DROP TYPE steps;
CREATE TYPE steps;
CREATE FUNCTION steps_canonical(steps) RETURNS steps LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
CREATE TYPE steps AS RANGE (subtype = int4, canonical = steps_canonical);
UPDATE pg_type SET typoutput = 'num_other'::regproc WHERE typname = 'num';
