-- Modules that tenants subscribe to, and the reference data that they share.

CREATE TABLE organisation_modules (
    organisation_id bigint NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    module_key      text NOT NULL,
    is_enabled      boolean NOT NULL DEFAULT true,
    configuration   jsonb NOT NULL DEFAULT '{}',
    enabled_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation_id, module_key)
);

CREATE TRIGGER organisation_modules_set_updated_at
    BEFORE UPDATE ON organisation_modules
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

CREATE TABLE module_usage_logs (
    id              bigserial PRIMARY KEY,
    organisation_id bigint NOT NULL,
    module_key      text NOT NULL,
    user_id         uuid REFERENCES users (id) ON DELETE SET NULL,
    action          text NOT NULL,
    duration_ms     integer,
    timestamp       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT module_usage_logs_module_fkey
        FOREIGN KEY (organisation_id, module_key)
        REFERENCES organisation_modules (organisation_id, module_key) ON DELETE CASCADE
);

CREATE TABLE sic_codes (
    code        varchar(5) PRIMARY KEY,
    section     char(1) NOT NULL,
    description text NOT NULL
);

COMMENT ON TABLE sic_codes IS 'Standard industrial classification, as published';

CREATE TABLE competitive_factor_templates (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    industry_type text NOT NULL,
    factor_name   text NOT NULL,
    description   text,
    weight        numeric(4, 3) NOT NULL DEFAULT 1.000,
    is_default    boolean NOT NULL DEFAULT true,
    UNIQUE (industry_type, factor_name)
);

INSERT INTO sic_codes (code, section, description) VALUES
    ('10710', 'C', 'Manufacture of bread; manufacture of fresh pastry goods and cakes'),
    ('47110', 'G', 'Retail sale in non-specialised stores with food, beverages or tobacco predominating'),
    ('55100', 'I', 'Hotels and similar accommodation'),
    ('59140', 'J', 'Motion picture projection activities'),
    ('62012', 'J', 'Business and domestic software development'),
    ('93110', 'R', 'Operation of sports facilities');

INSERT INTO competitive_factor_templates (industry_type, factor_name, description, weight) VALUES
    ('default',    'price',          'What the customer pays',                  1.000),
    ('default',    'service',        'How the customer is looked after',        0.800),
    ('cinema',     'location',       'Time to the nearest screen',              0.900),
    ('cinema',     'screen_quality', 'Projection, sound and seats',             0.700),
    ('retail',     'range',          'Goods on the shelf',                      0.900),
    ('technology', 'integration',    'How well it fits what is already in use', 0.850);
