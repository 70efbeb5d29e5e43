-- expect: different constraint orders.orders_customer_fkey: triggers
ALTER TABLE orders DISABLE TRIGGER ALL;
