ALTER TABLE users RENAME TO people;
ALTER TABLE people ADD COLUMN handle varchar(30) UNIQUE;
UPDATE people SET handle = lower(first_name) WHERE handle IS NULL;
