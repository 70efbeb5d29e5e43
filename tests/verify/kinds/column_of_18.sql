-- A column that is computed when it is read.
-- since: 18
-- expect: different column customers.shout: virtual
-- drift
ALTER TABLE customers DROP shout, ADD shout text GENERATED ALWAYS AS (upper(noted)) VIRTUAL;
