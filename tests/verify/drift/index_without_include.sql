-- expect: different index orders_part on orders: include
DROP INDEX orders_part;
CREATE INDEX orders_part ON orders (lower(tags[1]), amount DESC) WHERE amount > 10;
