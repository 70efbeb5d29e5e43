-- expect: different operator family grown using btree: functions, operators
ALTER OPERATOR FAMILY grown USING btree DROP FUNCTION 1 (int4, int8);
ALTER OPERATOR FAMILY grown USING btree ADD OPERATOR 5 > (int4, int8);
