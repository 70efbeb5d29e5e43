DROP TABLE users;
DROP TABLE organisations;
DROP FUNCTION current_organisation_id();
DROP FUNCTION set_updated_at();
