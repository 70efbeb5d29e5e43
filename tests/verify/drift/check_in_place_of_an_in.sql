-- expect: different constraint customers.customers_state_check: check, not valid
ALTER TABLE customers DROP CONSTRAINT customers_state_check, ADD CONSTRAINT customers_state_check CHECK (state IN ('new', 'older')) NOT VALID;
