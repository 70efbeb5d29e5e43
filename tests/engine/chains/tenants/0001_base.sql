CREATE TABLE organisations (id serial PRIMARY KEY, name text NOT NULL, plan text NOT NULL DEFAULT 'basic', industry text);
CREATE TABLE audit_logs (id bigserial PRIMARY KEY, organisation_id integer REFERENCES organisations (id), at timestamp DEFAULT now());
