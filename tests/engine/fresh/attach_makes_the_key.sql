-- ATTACH makes the keys that the parent has.
-- revision
CREATE TABLE ev (id int, day date NOT NULL, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE old (id int NOT NULL CONSTRAINT old_pkey PRIMARY KEY, day date NOT NULL);
-- revision
ALTER TABLE old DROP CONSTRAINT old_pkey;
ALTER TABLE ev ATTACH PARTITION old FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- revision
ALTER TABLE ev DETACH PARTITION old;
ALTER TABLE old DROP CONSTRAINT old_pkey;
