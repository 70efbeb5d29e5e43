-- A foreign key that sets some columns alone.
-- since: 15
-- expect: different constraint three.points: sets
-- before
CREATE TABLE two (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE three (a int, b int, CONSTRAINT points FOREIGN KEY (a, b) REFERENCES two ON DELETE SET NULL);
-- drift
ALTER TABLE three DROP CONSTRAINT points;
ALTER TABLE three ADD CONSTRAINT points FOREIGN KEY (a, b) REFERENCES two ON DELETE SET NULL (a);
