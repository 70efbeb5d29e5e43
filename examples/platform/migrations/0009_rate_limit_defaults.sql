-- Tenants that signed up since 0006 have no burst limit: the columns had no default.

UPDATE organisations SET burst_limit = 100 WHERE burst_limit IS NULL;
UPDATE organisations SET rate_limit_enabled = true WHERE rate_limit_enabled IS NULL;

ALTER TABLE organisations
    ALTER COLUMN burst_limit SET DEFAULT 100,
    ALTER COLUMN burst_limit SET NOT NULL,
    ALTER COLUMN rate_limit_enabled SET DEFAULT true,
    ALTER COLUMN rate_limit_enabled SET NOT NULL,
    ADD CONSTRAINT organisations_rate_limits_check
        CHECK (rate_limit_per_hour > 0 AND burst_limit BETWEEN 1 AND rate_limit_per_hour);
