CREATE TABLE t (id serial PRIMARY KEY, a integer, b integer, c text);
CREATE TABLE parent (id integer PRIMARY KEY);
