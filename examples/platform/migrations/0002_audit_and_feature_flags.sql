-- What happened, and what is switched on for whom.

CREATE TABLE audit_logs (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id bigint NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id         uuid REFERENCES users (id) ON DELETE SET NULL,
    action          text NOT NULL,
    resource_type   text,
    resource_id     text,
    details         jsonb NOT NULL DEFAULT '{}',
    ip_address      inet,
    created_at      timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN audit_logs.user_id IS 'Null where the system acted, or where the user is gone';

CREATE TABLE feature_flags (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key                text NOT NULL,
    description        text,
    is_enabled         boolean NOT NULL DEFAULT false,
    rollout_percentage smallint NOT NULL DEFAULT 0,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT feature_flags_key_key UNIQUE (key)
);

CREATE TRIGGER feature_flags_set_updated_at
    BEFORE UPDATE ON feature_flags
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

CREATE TABLE feature_flag_usage (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feature_flag_id bigint NOT NULL REFERENCES feature_flags (id) ON DELETE CASCADE,
    organisation_id bigint NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id         uuid REFERENCES users (id) ON DELETE SET NULL,
    was_enabled     boolean NOT NULL,
    evaluated_at    timestamptz NOT NULL DEFAULT now()
);

INSERT INTO feature_flags (key, description, is_enabled, rollout_percentage) VALUES
    ('market_edge',       'Competitive analysis module',   true,  100),
    ('bulk_import',       'Upload of whole spreadsheets',  true,   50),
    ('new_dashboard',     'Dashboard of the next version', false,   0),
    ('api_access',        'Keys for the public API',       false,   0);
