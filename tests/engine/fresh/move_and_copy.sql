-- The table is made anew beside itself, with the same name of its key.
-- revision
CREATE TABLE file (id int, n text, CONSTRAINT file_pkey PRIMARY KEY (id));
INSERT INTO file VALUES (1, 'a');
-- revision
ALTER TABLE file DROP CONSTRAINT file_pkey;
CREATE TABLE _tmp_file (id int, n varchar(9), CONSTRAINT file_pkey PRIMARY KEY (id));
INSERT INTO _tmp_file SELECT id, n FROM file;
DROP TABLE file;
ALTER TABLE _tmp_file RENAME TO file;
-- revision
ALTER TABLE file DROP CONSTRAINT file_pkey;
