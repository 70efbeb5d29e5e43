-- expect: different index orders_placed on orders: comment
COMMENT ON INDEX orders_placed IS 'x';
