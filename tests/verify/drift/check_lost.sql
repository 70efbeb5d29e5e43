-- expect: missing constraint orders.amount_range
ALTER TABLE orders DROP CONSTRAINT amount_range;
