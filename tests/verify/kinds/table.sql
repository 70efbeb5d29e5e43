-- A table of a type.
-- expect: different table typed: typed
-- before
CREATE TYPE rows_of AS (a int);
CREATE TABLE typed (a int);
-- drift
ALTER TABLE typed OF rows_of;
