-- expect: different index customers_state on customers: keys
DROP INDEX customers_state;
CREATE UNIQUE INDEX customers_state ON customers (id, state);
