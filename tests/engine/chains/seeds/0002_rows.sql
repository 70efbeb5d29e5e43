CREATE TABLE levels (name text NOT NULL, rank integer NOT NULL);
INSERT INTO levels (name, rank) VALUES ('low', 1), ('high', 2);
INSERT INTO plans (code, price) VALUES ('basic', 10), ('pro', 20) ON CONFLICT DO NOTHING;
ALTER TABLE plans ADD COLUMN seats integer NOT NULL DEFAULT 1;
UPDATE plans SET seats = 5 WHERE code = 'pro';
