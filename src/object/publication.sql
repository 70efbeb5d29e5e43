SELECT quote_ident(p.pubname), p.puballtables,
    (SELECT json_agg(concat(s.prefix, quote_ident(c.relname), {publication_columns}, {publication_filter}) ORDER BY s.prefix, c.relname)
        FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid JOIN spc s ON s.oid = c.relnamespace WHERE r.prpubid = p.oid),
    {publication_schemas},
    (SELECT json_agg(a.a) FROM unnest(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
        CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END]) AS a(a)
        WHERE a.a IS NOT NULL AND NOT (p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate)),
    p.pubviaroot, {generated_columns},
    de.description, {owner:p.pubowner}
FROM pg_publication p
{described:pg_publication, p.oid, 0}
