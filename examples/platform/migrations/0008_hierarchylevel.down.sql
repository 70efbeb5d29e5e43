ALTER TABLE users DROP COLUMN hierarchy_level;
ALTER TABLE users DROP COLUMN unit_id;
DROP TABLE organisation_units;
DROP FUNCTION check_unit_level();
DROP TYPE hierarchylevel;
