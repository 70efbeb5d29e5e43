-- A foreign key's name is free in the whole schema.
-- revision
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE other (id int CONSTRAINT c_p_id_fkey CHECK (id > 0));
CREATE TABLE c (p_id int REFERENCES p);
-- revision
ALTER TABLE c DROP CONSTRAINT c_p_id_fkey1;
ALTER TABLE c ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE;
