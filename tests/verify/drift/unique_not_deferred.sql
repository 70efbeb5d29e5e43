-- expect: different constraint orders.once: initially deferred
ALTER TABLE orders DROP CONSTRAINT once, ADD CONSTRAINT once UNIQUE (customer, placed) DEFERRABLE;
