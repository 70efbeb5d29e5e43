REVOKE INSERT ON organisations FROM app_writer;
ALTER POLICY audit_read ON audit_logs USING (organisation_id IS NOT NULL);
DROP POLICY audit_write ON audit_logs;
ALTER TABLE audit_logs FORCE ROW LEVEL SECURITY;
ALTER TYPE industry RENAME VALUE 'cinema' TO 'film';
ALTER TABLE organisations RENAME CONSTRAINT organisations_pkey TO organisations_key;
