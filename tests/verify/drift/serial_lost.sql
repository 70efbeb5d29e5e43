-- expect: different column orders.id: default
ALTER TABLE orders ALTER id DROP DEFAULT;
