-- expect: different schema side: comment
COMMENT ON SCHEMA side IS NULL;
