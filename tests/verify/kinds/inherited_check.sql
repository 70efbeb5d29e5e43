-- A table that leaves its parent, and one that gets it, where the parent has a check.
-- expect: different table leaving: inherits
-- expect: missing constraint apart.counted
-- expect: different table apart: inherits
-- expect: missing constraint apart.own
-- before
CREATE TABLE above (a int CONSTRAINT counted CHECK (a > 0));
CREATE TABLE leaving (b int) INHERITS (above);
CREATE TABLE apart (b int CONSTRAINT own CHECK (b > 1) NO INHERIT) INHERITS (above);
INSERT INTO apart VALUES (1, 2);
-- drift
ALTER TABLE leaving NO INHERIT above;
ALTER TABLE apart NO INHERIT above;
ALTER TABLE apart DROP CONSTRAINT counted, DROP CONSTRAINT own;
