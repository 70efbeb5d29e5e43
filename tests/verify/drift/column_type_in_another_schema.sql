-- expect: different column customers.age: type
-- expect: unexpected type side.positive
CREATE DOMAIN side.positive AS int;
ALTER TABLE customers ALTER age DROP DEFAULT, ALTER age TYPE side.positive;
