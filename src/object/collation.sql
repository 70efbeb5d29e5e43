SELECT s.prefix || quote_ident(c.collname),
    CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' WHEN 'd' THEN 'default' END,
    {locale}::text, {lc_collate}::text, {lc_ctype}::text, NOT c.collisdeterministic, {rules}::text,
    de.description, {owner:c.collowner}
FROM pg_collation c JOIN spc s ON s.oid = c.collnamespace AND s.looked
{described:pg_collation, c.oid, 0}
WHERE {own:pg_collation, c.oid}
