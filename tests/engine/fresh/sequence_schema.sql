-- An owned sequence goes where its table goes.
-- revision
CREATE SCHEMA s;
CREATE TABLE t (id serial PRIMARY KEY, i int GENERATED ALWAYS AS IDENTITY);
-- revision
ALTER TABLE t SET SCHEMA s;
-- revision
ALTER SEQUENCE s.t_id_seq INCREMENT BY 3;
CREATE TABLE t (id serial PRIMARY KEY);
DROP SCHEMA s CASCADE;
