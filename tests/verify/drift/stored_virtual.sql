-- since: 18
-- expect: different column customers.shout: virtual
ALTER TABLE customers DROP shout;
ALTER TABLE customers ADD shout text GENERATED ALWAYS AS (upper(noted)) VIRTUAL;
