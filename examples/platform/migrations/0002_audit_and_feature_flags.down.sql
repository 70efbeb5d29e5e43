DROP TABLE feature_flag_usage;
DROP TABLE feature_flags;
DROP TABLE audit_logs;
