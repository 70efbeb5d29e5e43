-- expect: different column orders.amount
ALTER TABLE orders RENAME amount TO price;
