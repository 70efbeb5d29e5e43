-- expect: different constraint orders.once: deferrable, initially deferred
ALTER TABLE orders DROP CONSTRAINT once, ADD CONSTRAINT once UNIQUE (customer, placed);
