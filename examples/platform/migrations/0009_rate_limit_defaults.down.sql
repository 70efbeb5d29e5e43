-- The values stay: nobody can tell any more which of them were null.
ALTER TABLE organisations
    DROP CONSTRAINT organisations_rate_limits_check,
    ALTER COLUMN rate_limit_enabled DROP NOT NULL,
    ALTER COLUMN rate_limit_enabled DROP DEFAULT,
    ALTER COLUMN burst_limit DROP NOT NULL,
    ALTER COLUMN burst_limit DROP DEFAULT;
