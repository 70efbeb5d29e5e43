ALTER TABLE items ADD COLUMN amount_new bigint;
UPDATE items SET amount_new = amount * 100;
ALTER TABLE items DROP COLUMN amount;
ALTER TABLE items RENAME COLUMN amount_new TO amount;
