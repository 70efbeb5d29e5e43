-- A child's own column of a parent's name is one with it: NOT NULL and default stay, and its own default wins.
-- revision
CREATE TABLE p (id int PRIMARY KEY, a int DEFAULT 7, b text DEFAULT 'x' NOT NULL, c int);
CREATE TABLE q (id int, a int, b text DEFAULT 'own', c int NOT NULL) INHERITS (p);
CREATE TABLE r (d int) INHERITS (p);
-- revision
ALTER TABLE r ADD e int DEFAULT 3 NOT NULL, ADD f int;
ALTER TABLE p ADD e int DEFAULT 4, ADD f int DEFAULT 5;
-- revision
ALTER TABLE q ALTER a DROP DEFAULT;
ALTER TABLE r ALTER e DROP NOT NULL;
