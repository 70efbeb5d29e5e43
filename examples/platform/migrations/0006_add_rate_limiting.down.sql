ALTER TABLE organisations DROP COLUMN rate_limit_enabled;
ALTER TABLE organisations DROP COLUMN burst_limit;
ALTER TABLE organisations DROP COLUMN rate_limit_per_hour;
