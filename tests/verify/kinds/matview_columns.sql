-- What is set on a column of a materialized view.
-- expect: different column totals.amount: statistics, storage
-- expect: missing column totals.customer
-- before
ALTER MATERIALIZED VIEW totals ALTER customer SET STATISTICS 10, ALTER amount SET STATISTICS 20, ALTER amount SET STORAGE EXTERNAL;
-- drift
ALTER MATERIALIZED VIEW totals ALTER customer SET STATISTICS -1, ALTER amount SET STATISTICS 30, ALTER amount SET STORAGE MAIN;
