-- A check that is not enforced, and a key over periods.
-- since: 18
-- expect: different constraint two.apart: period
-- expect: different constraint two.own: not enforced
-- before
CREATE TABLE two (a int, b int4range, during int4range, CONSTRAINT own CHECK (a > 0), CONSTRAINT apart UNIQUE (b, during));
-- drift
ALTER TABLE two DROP CONSTRAINT own, DROP CONSTRAINT apart;
ALTER TABLE two ADD CONSTRAINT own CHECK (a > 0) NOT ENFORCED, ADD CONSTRAINT apart UNIQUE (b, during WITHOUT OVERLAPS);
