-- lockgate:after 0c4f6d2b81aa
-- lockgate:from versions/4b77dfea8799_rate_limits.py sha256:8bb650522a94531b4cc78391c99cd5da4cddd537d6879a565893d95a25199fcb
-- lockgate:trace blind

ALTER TABLE organisations ADD COLUMN rate_limit_per_hour INTEGER DEFAULT '1000' NOT NULL;

ALTER TABLE organisations ADD COLUMN burst_limit INTEGER;

UPDATE organisations SET rate_limit_per_hour = 5000, burst_limit = 50 WHERE plan = 'pro';
