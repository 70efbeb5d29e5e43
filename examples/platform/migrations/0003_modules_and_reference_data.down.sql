DROP TABLE competitive_factor_templates;
DROP TABLE sic_codes;
DROP TABLE module_usage_logs;
DROP TABLE organisation_modules;
