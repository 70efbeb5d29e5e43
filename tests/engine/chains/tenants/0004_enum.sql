CREATE TYPE industry AS ENUM ('cinema', 'retail', 'other');
UPDATE organisations SET industry = 'other' WHERE industry IS NULL OR industry NOT IN ('cinema', 'retail', 'other');
ALTER TABLE organisations ALTER COLUMN industry TYPE industry USING industry::industry, ALTER COLUMN industry SET DEFAULT 'other';
ALTER TYPE industry ADD VALUE 'food' BEFORE 'other';
