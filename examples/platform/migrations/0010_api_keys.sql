-- Keys for the public API. Only a hash is kept; the prefix is what a person recognises a key by.

CREATE DOMAIN sha256_hex AS text CHECK (VALUE ~ '^[0-9a-f]{64}$');

CREATE TABLE api_keys (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id bigint NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    created_by      uuid REFERENCES users (id) ON DELETE SET NULL,
    name            text NOT NULL,
    key_hash        sha256_hex NOT NULL UNIQUE,
    key_prefix      text GENERATED ALWAYS AS (left(key_hash::text, 8)) STORED,
    scopes          text[] NOT NULL DEFAULT '{}',
    expires_at      timestamptz,
    revoked_at      timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT api_keys_expiry_check CHECK (expires_at > created_at)
);

CREATE UNIQUE INDEX idx_api_keys_live_name
    ON api_keys (organisation_id, lower(name)) WHERE revoked_at IS NULL;

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_keys_tenant ON api_keys
    USING (organisation_id = current_organisation_id())
    WITH CHECK (organisation_id = current_organisation_id());

UPDATE feature_flags SET is_enabled = true, rollout_percentage = 100 WHERE key = 'api_access';
