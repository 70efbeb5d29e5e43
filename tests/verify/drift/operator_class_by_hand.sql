-- expect: unexpected operator class odd using hash
-- expect: unexpected operator family odd using hash
-- since: 14
CREATE OPERATOR CLASS odd FOR TYPE pair USING hash AS FUNCTION 1 hash_record(record);
