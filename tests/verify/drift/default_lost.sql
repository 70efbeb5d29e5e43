-- expect: different column orders.amount: default
ALTER TABLE orders ALTER amount DROP DEFAULT;
