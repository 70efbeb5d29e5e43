-- expect: different type mood: comment
COMMENT ON TYPE mood IS 'x';
