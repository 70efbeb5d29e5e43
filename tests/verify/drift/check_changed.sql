-- expect: different constraint orders.amount_range: check, not valid
ALTER TABLE orders DROP CONSTRAINT amount_range, ADD CONSTRAINT amount_range CHECK (amount >= 0 AND amount < 9) NOT VALID;
