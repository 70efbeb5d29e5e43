-- expect: missing statistics orders_stat on orders
DROP STATISTICS orders_stat;
