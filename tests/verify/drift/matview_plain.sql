-- expect: different view totals: materialized
-- expect: missing index totals_customer on totals
DROP MATERIALIZED VIEW totals;
CREATE VIEW totals AS SELECT customer, sum(amount) AS amount FROM orders GROUP BY customer;
