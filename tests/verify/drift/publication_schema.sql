-- expect: different publication news: schemas
-- since: 15
ALTER PUBLICATION news ADD TABLES IN SCHEMA side;
