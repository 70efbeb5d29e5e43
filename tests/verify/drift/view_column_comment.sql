-- expect: unexpected column big.mail
COMMENT ON COLUMN big.mail IS 'x';
