-- expect: unexpected index by_hand on orders
CREATE INDEX by_hand ON orders (tags);
