-- Limits per tenant, by what it pays for.

ALTER TABLE organisations ADD COLUMN rate_limit_per_hour integer NOT NULL DEFAULT 1000;
ALTER TABLE organisations ADD COLUMN burst_limit integer;
ALTER TABLE organisations ADD COLUMN rate_limit_enabled boolean;

UPDATE organisations
SET rate_limit_per_hour = CASE subscription_plan
        WHEN 'enterprise' THEN 10000
        WHEN 'professional' THEN 5000
        ELSE 1000
    END,
    burst_limit = CASE subscription_plan
        WHEN 'enterprise' THEN 500
        WHEN 'professional' THEN 250
        ELSE 100
    END,
    rate_limit_enabled = true;
