-- expect: different publication news: tables
ALTER PUBLICATION news DROP TABLE orders;
