-- expect: different index orders_placed on orders: options
ALTER INDEX orders_placed SET (pages_per_range = 32);
