-- expect: different index orders_part on orders: where
DROP INDEX orders_part;
CREATE INDEX orders_part ON orders (lower(tags[1]), amount DESC) INCLUDE (placed) WHERE amount > 11;
