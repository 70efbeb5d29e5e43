-- expect: unexpected table hot_fix
CREATE TABLE hot_fix (id int PRIMARY KEY, a text);
CREATE INDEX ON hot_fix (a);
