-- Statistics of another table.
-- expect: different statistics orders_stat on orders: columns, on
-- drift
DROP STATISTICS orders_stat;
CREATE STATISTICS orders_stat (ndistinct, dependencies) ON id, state FROM customers;
