-- expect: different table orders
ALTER TABLE orders RENAME TO purchases;
