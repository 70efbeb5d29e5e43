-- An index of another table.
-- expect: different index orders_placed on orders: keys, on
-- drift
DROP INDEX orders_placed;
CREATE INDEX orders_placed ON events USING brin (at) WITH (pages_per_range = 64);
