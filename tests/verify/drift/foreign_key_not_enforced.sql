-- since: 18
-- expect: different constraint orders.orders_customer_fkey: not enforced
ALTER TABLE orders ALTER CONSTRAINT orders_customer_fkey NOT ENFORCED;
