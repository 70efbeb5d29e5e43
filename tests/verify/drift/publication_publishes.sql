-- expect: different publication news: publishes
ALTER PUBLICATION news SET (publish = 'insert');
