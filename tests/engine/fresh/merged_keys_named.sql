-- A named unique key gives its name to the equal primary key.
-- revision
CREATE TABLE a (id int, CONSTRAINT u UNIQUE (id), PRIMARY KEY (id));
CREATE TABLE b (id int, CONSTRAINT first UNIQUE (id), CONSTRAINT second UNIQUE (id));
CREATE TABLE c (id int, x int, UNIQUE (id, x), UNIQUE (x, id));
CREATE TABLE d (id int, UNIQUE (id), UNIQUE (id) DEFERRABLE);
CREATE TABLE e (id int, CONSTRAINT p PRIMARY KEY (id), CONSTRAINT u2 UNIQUE (id));
-- revision
ALTER TABLE a RENAME CONSTRAINT u TO a_pkey;
ALTER TABLE b DROP CONSTRAINT first;
ALTER TABLE c DROP CONSTRAINT c_x_id_key;
ALTER TABLE d DROP CONSTRAINT d_id_key1;
ALTER TABLE e DROP CONSTRAINT p;
