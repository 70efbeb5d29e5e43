SELECT s.prefix || quote_ident(c.conname), pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding),
    c.conproc::text, c.condefault, de.description, {owner:c.conowner}
FROM pg_conversion c JOIN spc s ON s.oid = c.connamespace AND s.looked
{described:pg_conversion, c.oid, 0}
WHERE {own:pg_conversion, c.oid}
