-- expect: different constraint orders.once: unique
ALTER TABLE orders DROP CONSTRAINT once, ADD CONSTRAINT once UNIQUE (placed, customer) DEFERRABLE INITIALLY DEFERRED;
