-- A rename of nothing, and the table is made.
-- revision
ALTER TABLE IF EXISTS old_users RENAME TO users;
CREATE TABLE IF NOT EXISTS users (id int PRIMARY KEY, n text);
-- revision
ALTER TABLE users ADD COLUMN z int;
ALTER TABLE IF EXISTS users RENAME TO people;
ALTER TABLE IF EXISTS users RENAME TO persons;
-- revision
CREATE TABLE IF NOT EXISTS users (id int);
ALTER TABLE people DROP COLUMN IF EXISTS n;
