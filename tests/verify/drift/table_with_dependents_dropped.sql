-- expect: missing table orders
-- expect: missing view big
-- expect: missing view totals
-- expect: different publication news: tables
DROP TABLE orders CASCADE;
