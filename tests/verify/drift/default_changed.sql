-- expect: different column orders.amount: default
ALTER TABLE orders ALTER amount SET DEFAULT 0.5;
