-- expect: different type span: difference
DROP TYPE span;
CREATE TYPE span AS RANGE (subtype = float8);
