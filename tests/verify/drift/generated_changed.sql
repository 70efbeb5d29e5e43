-- expect: different column customers.shout: generated
ALTER TABLE customers DROP shout;
ALTER TABLE customers ADD shout text GENERATED ALWAYS AS (lower(noted)) STORED;
