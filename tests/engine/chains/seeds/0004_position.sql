ALTER TABLE notes ADD COLUMN number bigint;
SELECT setval('numbers', 100);
UPDATE notes SET number = nextval('numbers') WHERE number IS NULL;
