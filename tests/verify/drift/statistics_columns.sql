-- expect: different statistics orders_stat on orders: columns
DROP STATISTICS orders_stat;
CREATE STATISTICS orders_stat (ndistinct, dependencies) ON customer, amount FROM orders;
