-- expect: different index customers_state on customers: clustered
ALTER TABLE customers CLUSTER ON customers_state;
