-- expect nothing
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE flyway_schema_history (x serial);
CREATE TABLE lockgate_history_events (x serial);
