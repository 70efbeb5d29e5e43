-- expect: different constraint orders.once
ALTER TABLE orders RENAME CONSTRAINT once TO only_once;
