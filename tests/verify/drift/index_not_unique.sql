-- expect: different index customers_state on customers: unique
DROP INDEX customers_state;
CREATE INDEX customers_state ON customers (state, id);
