-- DROP INDEX IF EXISTS takes the index of the table that was set aside.
-- revision
CREATE TABLE totp (id int, username text);
CREATE UNIQUE INDEX totp_username_key ON totp (username);
-- revision
ALTER TABLE totp RENAME TO bkp_totp;
DROP INDEX IF EXISTS totp_username_key;
CREATE TABLE totp (id int, username text);
CREATE UNIQUE INDEX totp_username_key ON totp (username);
-- revision
DROP TABLE IF EXISTS bkp_totp;
DROP INDEX IF EXISTS totp_username_key;
CREATE UNIQUE INDEX totp_username_key ON totp (username);
