-- expect: missing publication news
DROP PUBLICATION news;
