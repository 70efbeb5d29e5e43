ALTER TABLE competitive_factor_templates DROP CONSTRAINT competitive_factor_templates_weight_check;
ALTER TABLE module_usage_logs DROP CONSTRAINT module_usage_logs_duration_check;
ALTER TABLE feature_flags DROP CONSTRAINT feature_flags_rollout_check;
ALTER TABLE users
    DROP CONSTRAINT users_email_check,
    DROP CONSTRAINT users_role_check;
ALTER TABLE organisations DROP CONSTRAINT organisations_slug_check;
ALTER TABLE organisations DROP CONSTRAINT organisations_subscription_plan_check;

DROP INDEX idx_users_organisation;
DROP INDEX idx_users_email_lower;
DROP INDEX idx_organisations_industry_type;
DROP INDEX idx_audit_logs_details;
DROP INDEX idx_audit_logs_organisation_created;
DROP INDEX idx_feature_flags_enabled;
DROP INDEX idx_organisation_modules_enabled;
DROP INDEX idx_feature_flag_usage_organisation;
DROP INDEX idx_feature_flag_usage_flag_evaluated;
DROP INDEX idx_module_usage_logs_organisation_module;
DROP INDEX idx_module_usage_logs_timestamp;
