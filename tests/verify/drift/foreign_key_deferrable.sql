-- expect: different constraint orders.orders_customer_fkey: deferrable
ALTER TABLE orders ALTER CONSTRAINT orders_customer_fkey DEFERRABLE;
