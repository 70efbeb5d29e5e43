-- A materialized view of another access method.
-- expect: different view totals: access method
-- drift
DROP MATERIALIZED VIEW totals;
CREATE MATERIALIZED VIEW totals USING pile AS SELECT customer, sum(amount) AS amount FROM orders GROUP BY customer;
CREATE UNIQUE INDEX totals_customer ON totals (customer);
