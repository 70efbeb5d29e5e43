INSERT INTO levels (name, rank) VALUES ('top', 3);
