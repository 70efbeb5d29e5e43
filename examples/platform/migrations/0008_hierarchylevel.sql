-- Groups, regions and sites inside a tenant.

CREATE TYPE hierarchylevel AS ENUM ('organisation', 'group', 'region', 'site');

CREATE TABLE organisation_units (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id bigint NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    parent_id       bigint REFERENCES organisation_units (id) ON DELETE RESTRICT,
    level           hierarchylevel NOT NULL DEFAULT 'site',
    name            text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT organisation_units_root_check CHECK ((level = 'organisation') = (parent_id IS NULL)),
    CONSTRAINT organisation_units_name_key UNIQUE (organisation_id, parent_id, name)
);

CREATE UNIQUE INDEX idx_organisation_units_root
    ON organisation_units (organisation_id) WHERE parent_id IS NULL;

-- A unit lies below its parent. Labels of an enum compare in the order in which they were declared.
CREATE FUNCTION check_unit_level() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    parent_level hierarchylevel;
BEGIN
    SELECT u.level INTO parent_level FROM organisation_units u WHERE u.id = NEW.parent_id;
    IF parent_level >= NEW.level THEN
        RAISE EXCEPTION 'a % cannot lie below a %', NEW.level, parent_level
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER organisation_units_level
    BEFORE INSERT OR UPDATE OF level, parent_id ON organisation_units
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION check_unit_level();

CREATE TRIGGER organisation_units_set_updated_at
    BEFORE UPDATE ON organisation_units
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

ALTER TABLE organisation_units ENABLE ROW LEVEL SECURITY;

CREATE POLICY organisation_units_tenant ON organisation_units
    USING (organisation_id = current_organisation_id())
    WITH CHECK (organisation_id = current_organisation_id());

-- Every tenant starts as one unit.
INSERT INTO organisation_units (organisation_id, level, name)
SELECT id, 'organisation', name FROM organisations;

ALTER TABLE users ADD COLUMN unit_id bigint REFERENCES organisation_units (id) ON DELETE SET NULL;
ALTER TABLE users ADD COLUMN hierarchy_level hierarchylevel NOT NULL DEFAULT 'organisation';
