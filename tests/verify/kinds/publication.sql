-- A publication of all tables.
-- expect: different publication news: all tables, tables
-- drift
DROP PUBLICATION news;
CREATE PUBLICATION news FOR ALL TABLES WITH (publish = 'insert, update');
