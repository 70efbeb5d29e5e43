UPDATE feature_flags SET is_enabled = false, rollout_percentage = 0 WHERE key = 'api_access';
DROP TABLE api_keys;
DROP DOMAIN sha256_hex;
