DROP FUNCTION module_uses(bigint, date);
DROP MATERIALIZED VIEW module_usage_daily;
DROP VIEW organisation_overview;
