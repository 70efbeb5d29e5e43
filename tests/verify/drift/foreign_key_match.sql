-- expect: different constraint orders.orders_customer_fkey: match
ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey, ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer) REFERENCES customers MATCH FULL ON DELETE CASCADE;
