-- USAGE of types and domains is PUBLIC's.
-- revision
CREATE TYPE mood AS ENUM ('a');
CREATE DOMAIN d AS int;
REVOKE USAGE ON TYPE mood FROM PUBLIC;
REVOKE ALL ON DOMAIN d FROM PUBLIC;
-- revision
GRANT USAGE ON TYPE mood TO app_reader;
DROP TYPE mood;
CREATE TYPE mood AS ENUM ('a');
