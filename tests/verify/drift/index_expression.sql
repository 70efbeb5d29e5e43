-- expect: different index orders_part on orders: keys
DROP INDEX orders_part;
CREATE INDEX orders_part ON orders (upper(tags[1]), amount DESC) INCLUDE (placed) WHERE amount > 10;
