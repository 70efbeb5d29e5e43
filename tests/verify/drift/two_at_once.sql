-- expect: missing index orders_placed on orders
-- expect: unexpected column orders.hot_fix
-- expect: different column customers.state: type
DROP INDEX orders_placed;
ALTER TABLE orders ADD hot_fix text;
ALTER TABLE customers ALTER state TYPE varchar(20);
