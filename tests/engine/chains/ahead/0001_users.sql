CREATE TABLE users (id integer PRIMARY KEY, full_name text);
INSERT INTO users VALUES (1, 'Ada Lovelace');
