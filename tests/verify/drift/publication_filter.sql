-- expect: different publication news: tables
-- since: 15
ALTER PUBLICATION news SET TABLE customers, orders WHERE (id > 1);
