-- expect: different statistics orders_stat on orders: kinds
DROP STATISTICS orders_stat;
CREATE STATISTICS orders_stat (mcv) ON customer, placed FROM orders;
