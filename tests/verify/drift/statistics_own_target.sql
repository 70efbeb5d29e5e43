-- expect: different statistics orders_stat on orders: target
ALTER STATISTICS orders_stat SET STATISTICS 10;
