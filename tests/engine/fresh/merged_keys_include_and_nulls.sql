-- Keys with other INCLUDE columns are others.
-- revision
CREATE TABLE a (x int, y int, UNIQUE (x), UNIQUE (x) INCLUDE (y));
CREATE TABLE b (x int, y int, UNIQUE (x) WITH (fillfactor = 70), UNIQUE (x));
-- revision
ALTER TABLE a ADD UNIQUE (x);
ALTER TABLE b ADD PRIMARY KEY (x);
