-- lockgate:after a91c03de57f4
-- lockgate:from versions/0c4f6d2b81aa_usage_indexes.py sha256:e6cd544732d8b3aea53cef0595be60fea9d7fe62438a95a3cd8a5d4a313117fc
-- lockgate:trace blind

CREATE INDEX idx_module_usage_logs_organisation ON module_usage_logs (organisation_id);

CREATE INDEX idx_module_usage_logs_timestamp ON module_usage_logs (timestamp);
