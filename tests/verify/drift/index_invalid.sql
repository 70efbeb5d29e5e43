-- expect: different index orders_placed on orders: INVALID
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_placed'::regclass;
