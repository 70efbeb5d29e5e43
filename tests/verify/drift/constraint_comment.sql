-- expect: different constraint orders.amount_range: comment
COMMENT ON CONSTRAINT amount_range ON orders IS 'why';
