-- expect: different table customers
-- expect: different column customers.noted: comment
ALTER TABLE customers RENAME TO buyers;
COMMENT ON COLUMN buyers.noted IS 'by hand';
