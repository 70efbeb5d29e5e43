-- A publication of generated columns.
-- since: 18
-- expect: different publication news: generated columns
-- drift
ALTER PUBLICATION news SET (publish_generated_columns = stored);
