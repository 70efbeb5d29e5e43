-- expect: different column orders.placed
ALTER TABLE orders RENAME placed TO placed_on;
