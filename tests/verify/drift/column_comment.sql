-- expect: different column customers.noted: comment
COMMENT ON COLUMN customers.noted IS NULL;
