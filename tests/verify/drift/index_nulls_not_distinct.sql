-- expect: different index customers_state on customers: nulls not distinct
-- since: 15
DROP INDEX customers_state;
CREATE UNIQUE INDEX customers_state ON customers (state, id) NULLS NOT DISTINCT;
