-- Indexes for the queries that the first months showed, and checks for what the code had only promised.

CREATE INDEX idx_module_usage_logs_timestamp ON module_usage_logs (timestamp);
CREATE INDEX idx_module_usage_logs_organisation_module
    ON module_usage_logs (organisation_id, module_key, timestamp DESC);
CREATE INDEX idx_feature_flag_usage_flag_evaluated
    ON feature_flag_usage (feature_flag_id, evaluated_at DESC);
CREATE INDEX idx_feature_flag_usage_organisation ON feature_flag_usage (organisation_id);
CREATE INDEX idx_organisation_modules_enabled
    ON organisation_modules (module_key) WHERE is_enabled;
CREATE INDEX idx_feature_flags_enabled ON feature_flags (key) INCLUDE (rollout_percentage) WHERE is_enabled;
CREATE INDEX idx_audit_logs_organisation_created ON audit_logs (organisation_id, created_at DESC);
CREATE INDEX idx_audit_logs_details ON audit_logs USING gin (details jsonb_path_ops);
CREATE INDEX idx_organisations_industry_type ON organisations (industry_type);
CREATE UNIQUE INDEX idx_users_email_lower ON users (lower(email));
CREATE INDEX idx_users_organisation ON users (organisation_id);

ALTER TABLE organisations
    ADD CONSTRAINT organisations_subscription_plan_check
    CHECK (subscription_plan IN ('basic', 'professional', 'enterprise'));

ALTER TABLE organisations
    ADD CONSTRAINT organisations_slug_check
    CHECK (slug ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$');

ALTER TABLE users
    ADD CONSTRAINT users_role_check CHECK (role IN ('viewer', 'analyst', 'admin', 'owner')),
    ADD CONSTRAINT users_email_check CHECK (position('@' IN email) > 1);

ALTER TABLE feature_flags
    ADD CONSTRAINT feature_flags_rollout_check CHECK (rollout_percentage BETWEEN 0 AND 100);

ALTER TABLE module_usage_logs
    ADD CONSTRAINT module_usage_logs_duration_check CHECK (duration_ms >= 0);

ALTER TABLE competitive_factor_templates
    ADD CONSTRAINT competitive_factor_templates_weight_check CHECK (weight > 0 AND weight <= 1);
