-- Default privileges that only take away what everybody has.
-- privileges
-- expect: missing default privileges of app on functions everywhere
-- expect: unexpected default privileges of app on types everywhere
-- before
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
-- drift
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
