-- expect: different column orders.customer: not null
ALTER TABLE orders ALTER customer DROP NOT NULL;
