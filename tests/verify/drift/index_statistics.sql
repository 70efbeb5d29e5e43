-- expect: different index orders_part on orders: statistics
ALTER INDEX orders_part ALTER COLUMN 1 SET STATISTICS 300;
