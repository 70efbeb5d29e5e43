-- A wrapper with other options and functions, a server of another one, a foreign table of another server.
-- expect: different foreign data wrapper bare: options, validator
-- expect: different server near: type, version, wrapper
-- expect: different table there: server
-- before
CREATE FOREIGN DATA WRAPPER bare VALIDATOR postgresql_fdw_validator;
CREATE FOREIGN DATA WRAPPER other;
CREATE SERVER near TYPE 'a' VERSION '1' FOREIGN DATA WRAPPER bare;
CREATE SERVER third FOREIGN DATA WRAPPER other;
CREATE FOREIGN TABLE there (a int) SERVER third;
-- drift
DROP FOREIGN TABLE there;
CREATE FOREIGN TABLE there (a int) SERVER far;
DROP SERVER near;
CREATE SERVER near TYPE 'b' VERSION '2' FOREIGN DATA WRAPPER other;
ALTER FOREIGN DATA WRAPPER bare NO VALIDATOR OPTIONS (debug 'yes');
