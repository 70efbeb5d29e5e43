-- The length of version_num: the type modifier of a varchar is 4 more (PostgreSQL sources, src/include/c.h, VARHDRSZ).
SELECT 'width', CASE WHEN a.atttypmod > 4 THEN a.atttypmod - 4 END
FROM pg_attribute a WHERE a.attrelid = {name}::regclass AND a.attname = 'version_num' AND a.attnum > 0
