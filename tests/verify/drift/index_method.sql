-- expect: different index orders_placed on orders: method, options
DROP INDEX orders_placed;
CREATE INDEX orders_placed ON orders (placed);
