-- 'other' goes back to the word that the text column had for it.
ALTER TABLE organisations
    ALTER COLUMN industry_type DROP DEFAULT,
    ALTER COLUMN industry_type TYPE text USING CASE industry_type
        WHEN 'other'::industry THEN 'default'
        ELSE industry_type::text
    END,
    ALTER COLUMN industry_type SET DEFAULT 'default';

DROP TYPE industry;
