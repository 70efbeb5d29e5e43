ALTER TABLE organisations ADD COLUMN rate_limit_per_hour integer NOT NULL DEFAULT 1000;
ALTER TABLE organisations ADD COLUMN burst_limit integer;
ALTER TABLE organisations ADD COLUMN rate_limit_enabled boolean NOT NULL DEFAULT true;
UPDATE organisations SET rate_limit_per_hour = CASE plan WHEN 'pro' THEN 5000 ELSE 2000 END;
