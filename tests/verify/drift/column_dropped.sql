-- expect: missing column customers.noted
-- expect: missing column customers.shout
-- expect: missing index customers_noted_idx on customers
-- expect: missing trigger customers.touches
ALTER TABLE customers DROP noted CASCADE;
