CREATE TABLE plans (code text PRIMARY KEY, price integer NOT NULL DEFAULT 0);
CREATE TABLE notes (id serial PRIMARY KEY, body text, archived_at timestamptz);
CREATE SEQUENCE numbers;
