ALTER TABLE items RENAME COLUMN label TO title;
ALTER TABLE items ADD COLUMN label varchar(20);
UPDATE items SET label = left(title, 20);
CREATE INDEX items_label_idx ON items (label) WHERE label <> '';
