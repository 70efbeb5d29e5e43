DROP POLICY module_usage_logs_tenant ON module_usage_logs;
DROP POLICY organisation_modules_tenant ON organisation_modules;
DROP POLICY feature_flag_usage_tenant ON feature_flag_usage;
DROP POLICY audit_logs_tenant_append ON audit_logs;
DROP POLICY audit_logs_tenant_read ON audit_logs;
DROP POLICY users_tenant ON users;
DROP POLICY organisations_tenant ON organisations;

ALTER TABLE module_usage_logs DISABLE ROW LEVEL SECURITY;
ALTER TABLE organisation_modules DISABLE ROW LEVEL SECURITY;
ALTER TABLE feature_flag_usage DISABLE ROW LEVEL SECURITY;
ALTER TABLE audit_logs DISABLE ROW LEVEL SECURITY;
ALTER TABLE users DISABLE ROW LEVEL SECURITY;
ALTER TABLE organisations DISABLE ROW LEVEL SECURITY;
