-- expect: missing constraint orders.orders_customer_fkey
ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey;
