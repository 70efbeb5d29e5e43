-- expect: missing index orders_placed on orders
DROP INDEX orders_placed;
