-- A tenant sees its own rows. The owner of the tables (the role that migrates) is not bound by these
-- policies, so later revisions can fill columns; the application signs in with a role of its own.

ALTER TABLE organisations ENABLE ROW LEVEL SECURITY;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE feature_flag_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation_modules ENABLE ROW LEVEL SECURITY;
ALTER TABLE module_usage_logs ENABLE ROW LEVEL SECURITY;

CREATE POLICY organisations_tenant ON organisations
    USING (id = current_organisation_id());

CREATE POLICY users_tenant ON users
    USING (organisation_id = current_organisation_id())
    WITH CHECK (organisation_id = current_organisation_id());

-- What is written to the audit log stays as it is: read and append, no more.
CREATE POLICY audit_logs_tenant_read ON audit_logs FOR SELECT
    USING (organisation_id = current_organisation_id());
CREATE POLICY audit_logs_tenant_append ON audit_logs FOR INSERT
    WITH CHECK (organisation_id = current_organisation_id());

CREATE POLICY feature_flag_usage_tenant ON feature_flag_usage
    USING (organisation_id = current_organisation_id())
    WITH CHECK (organisation_id = current_organisation_id());

CREATE POLICY organisation_modules_tenant ON organisation_modules
    USING (organisation_id = current_organisation_id())
    WITH CHECK (organisation_id = current_organisation_id());

CREATE POLICY module_usage_logs_tenant ON module_usage_logs
    USING (organisation_id = current_organisation_id())
    WITH CHECK (organisation_id = current_organisation_id());

COMMENT ON POLICY users_tenant ON users IS 'app.organisation_id chooses the tenant; unset, there are no rows';
