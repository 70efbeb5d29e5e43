-- expect: different function total(integer): aggregate
DROP AGGREGATE total(int);
CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int, initcond = '1');
