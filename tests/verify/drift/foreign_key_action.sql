-- expect: different constraint orders.orders_customer_fkey: on delete, on update
ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey, ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer) REFERENCES customers ON UPDATE CASCADE;
