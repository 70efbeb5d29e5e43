-- expect: different constraint orders.orders_customer_fkey: not valid, references
ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey, ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer) REFERENCES side.rooms ON DELETE CASCADE NOT VALID;
