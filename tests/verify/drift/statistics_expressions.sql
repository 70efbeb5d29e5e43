-- expect: different statistics orders_stat on orders: columns, expressions
-- since: 14
DROP STATISTICS orders_stat;
CREATE STATISTICS orders_stat (ndistinct, dependencies) ON customer, (amount * 2) FROM orders;
