-- expect: different table child: inherits
-- expect: unexpected table other
-- expect: unexpected column child.x
CREATE TABLE other (x int);
ALTER TABLE child ADD x int;
ALTER TABLE child INHERIT other;
