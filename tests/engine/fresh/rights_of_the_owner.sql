-- An owner's own rights are implied until they are revoked.
-- revision
CREATE TABLE t (id int);
ALTER TABLE t OWNER TO app_writer;
GRANT SELECT ON t TO app_writer;
REVOKE DELETE ON t FROM app_writer;
GRANT SELECT ON t TO CURRENT_USER;
-- revision
ALTER TABLE t OWNER TO CURRENT_USER;
GRANT SELECT ON t TO app_reader, PUBLIC;
-- revision
REVOKE SELECT ON t FROM PUBLIC, app_reader;
