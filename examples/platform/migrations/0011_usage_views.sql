-- For the people who run the platform: they read across tenants, so these belong to the owner of the
-- tables and the application's role gets no grant on them.

CREATE VIEW organisation_overview AS
SELECT o.id,
       o.name,
       o.industry_type,
       o.subscription_plan,
       o.rate_limit_per_hour,
       count(DISTINCT u.id) FILTER (WHERE u.is_active) AS active_users,
       count(DISTINCT m.module_key) FILTER (WHERE m.is_enabled) AS enabled_modules,
       max(u.last_login_at) AS last_login_at
FROM organisations o
LEFT JOIN users u ON u.organisation_id = o.id
LEFT JOIN organisation_modules m ON m.organisation_id = o.id
GROUP BY o.id;

COMMENT ON VIEW organisation_overview IS 'One line per tenant';

CREATE MATERIALIZED VIEW module_usage_daily AS
SELECT organisation_id,
       module_key,
       (timestamp AT TIME ZONE 'UTC')::date AS day,
       count(*) AS uses,
       count(DISTINCT user_id) AS users,
       avg(duration_ms)::numeric(12, 1) AS mean_duration_ms
FROM module_usage_logs
GROUP BY 1, 2, 3
WITH NO DATA;

-- Unique, so that it can be refreshed while it is read.
CREATE UNIQUE INDEX idx_module_usage_daily_key ON module_usage_daily (organisation_id, module_key, day);

REFRESH MATERIALIZED VIEW module_usage_daily;

CREATE FUNCTION module_uses(organisation bigint, since date DEFAULT CURRENT_DATE - 30)
    RETURNS TABLE (module_key text, uses bigint)
    LANGUAGE sql STABLE
AS $$
    SELECT d.module_key, sum(d.uses)::bigint
    FROM module_usage_daily d
    WHERE d.organisation_id = organisation AND d.day >= since
    GROUP BY d.module_key
    ORDER BY 2 DESC
$$;
