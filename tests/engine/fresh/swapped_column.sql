-- The new column is filled and takes the old one's name.
-- revision
CREATE TABLE items (id int PRIMARY KEY, price numeric NOT NULL DEFAULT 0 CHECK (price >= 0));
INSERT INTO items VALUES (1, 5);
-- revision
ALTER TABLE items ADD COLUMN cents bigint;
UPDATE items SET cents = price * 100;
ALTER TABLE items ALTER cents SET NOT NULL;
ALTER TABLE items DROP COLUMN price;
ALTER TABLE items RENAME cents TO price;
ALTER TABLE items ADD CHECK (price >= 0);
-- revision
UPDATE items SET price = price + 1;
ALTER TABLE items DROP CONSTRAINT items_price_check;
