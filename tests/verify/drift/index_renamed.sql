-- expect: different index orders_placed on orders
ALTER INDEX orders_placed RENAME TO orders_brin;
