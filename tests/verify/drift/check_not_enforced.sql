-- since: 18
-- expect: different constraint orders.amount_range: not enforced
ALTER TABLE orders DROP CONSTRAINT amount_range, ADD CONSTRAINT amount_range CHECK (amount >= 0 AND amount < 1000000) NOT ENFORCED;
