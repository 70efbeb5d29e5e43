-- expect: unexpected column totals.customer
ALTER MATERIALIZED VIEW totals ALTER customer SET STATISTICS 10;
