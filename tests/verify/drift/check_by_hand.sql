-- expect: unexpected constraint orders.by_hand
ALTER TABLE orders ADD CONSTRAINT by_hand CHECK (id > 0);
