-- A foreign key of other columns, a key with other options, and one that the table is clustered by.
-- expect: different constraint three.points: columns, foreign key
-- expect: different constraint two.apart: clustered
-- expect: different constraint two.own: options
-- before
CREATE TABLE two (a int UNIQUE, b int UNIQUE, c int, CONSTRAINT own UNIQUE (a, b), CONSTRAINT apart UNIQUE (b, c));
CREATE TABLE three (a int, b int, CONSTRAINT points FOREIGN KEY (a) REFERENCES two (a));
-- drift
ALTER TABLE three DROP CONSTRAINT points;
ALTER TABLE three ADD CONSTRAINT points FOREIGN KEY (b) REFERENCES two (b);
ALTER INDEX own SET (fillfactor = 70);
ALTER TABLE two CLUSTER ON apart;
