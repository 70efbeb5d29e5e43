ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_read ON audit_logs FOR SELECT USING (organisation_id = 1);
CREATE POLICY audit_write ON audit_logs FOR INSERT WITH CHECK (organisation_id IS NOT NULL);
ALTER TABLE audit_logs ALTER COLUMN at SET NOT NULL, ALTER COLUMN at TYPE timestamptz USING at AT TIME ZONE 'UTC';
GRANT SELECT ON audit_logs TO app_reader;
GRANT SELECT, INSERT ON organisations TO app_writer;
COMMENT ON TABLE audit_logs IS 'Who did what';
