-- expect nothing
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.t (a int);
