-- industry_type was free text. The labels are fixed now; what rows hold is mapped, not cast: a plain
-- `USING industry_type::industry` fails on 'default', which is no label. Whatever nobody thought of
-- becomes 'other'. The index on the column is rebuilt by the same statement.

CREATE TYPE industry AS ENUM (
    'cinema',
    'hospitality',
    'manufacturing',
    'retail',
    'sport',
    'technology',
    'other'
);

ALTER TABLE organisations
    ALTER COLUMN industry_type DROP DEFAULT,
    ALTER COLUMN industry_type TYPE industry USING CASE lower(btrim(industry_type))
        WHEN 'cinema' THEN 'cinema'::industry
        WHEN 'hospitality' THEN 'hospitality'::industry
        WHEN 'hotel' THEN 'hospitality'::industry
        WHEN 'manufacturing' THEN 'manufacturing'::industry
        WHEN 'retail' THEN 'retail'::industry
        WHEN 'sport' THEN 'sport'::industry
        WHEN 'technology' THEN 'technology'::industry
        WHEN 'software' THEN 'technology'::industry
        ELSE 'other'::industry
    END,
    ALTER COLUMN industry_type SET DEFAULT 'other'::industry;
