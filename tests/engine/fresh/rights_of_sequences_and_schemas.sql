-- ALL means what the kind has.
-- revision
CREATE SCHEMA s;
CREATE SEQUENCE s.q;
CREATE VIEW s.v AS SELECT 1 AS one;
GRANT ALL ON SEQUENCE s.q TO app_reader;
GRANT USAGE ON SCHEMA s TO app_reader, app_writer;
GRANT ALL ON s.v TO app_writer WITH GRANT OPTION;
-- revision
GRANT SELECT ON ALL TABLES IN SCHEMA s TO app_reader;
REVOKE UPDATE ON SEQUENCE s.q FROM app_reader;
REVOKE GRANT OPTION FOR ALL ON s.v FROM app_writer;
-- revision
REVOKE ALL ON ALL TABLES IN SCHEMA s FROM app_reader;
REVOKE ALL ON SCHEMA s FROM app_writer;
