CREATE TABLE a (id serial PRIMARY KEY, x integer, y text, z text);
CREATE TABLE b (id serial PRIMARY KEY, a_id integer REFERENCES a (id) ON DELETE CASCADE, note text);
CREATE INDEX a_x ON a (x);
CREATE INDEX a_y ON a (y, z);
CREATE VIEW ab AS SELECT a.id, b.note FROM a JOIN b ON b.a_id = a.id;
CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1';
CREATE TYPE mood AS ENUM ('sad', 'glad');
