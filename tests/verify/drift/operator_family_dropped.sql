-- expect: missing operator family grown using btree
DROP OPERATOR FAMILY grown USING btree;
