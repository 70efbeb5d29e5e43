-- expect: different column orders.customer: options
ALTER TABLE orders ALTER customer SET (n_distinct = 7);
