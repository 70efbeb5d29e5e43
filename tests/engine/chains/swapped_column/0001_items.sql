CREATE TABLE items (id serial PRIMARY KEY, amount numeric(10, 2) NOT NULL DEFAULT 0, label text);
INSERT INTO items (amount, label) VALUES (5, 'five'), (7.5, 'seven and a half');
