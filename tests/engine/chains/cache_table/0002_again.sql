DROP TABLE IF EXISTS cache;
CREATE TABLE cache (key text PRIMARY KEY, value jsonb, expires_at timestamptz);
CREATE INDEX cache_expires_at_idx ON cache (expires_at);
