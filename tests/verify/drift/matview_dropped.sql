-- expect: missing view totals
DROP MATERIALIZED VIEW totals;
