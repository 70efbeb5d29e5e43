SELECT quote_ident(e.extname), CASE WHEN s.prefix <> '' THEN s.nspname END, e.extversion
FROM pg_extension e JOIN spc s ON s.oid = e.extnamespace
WHERE e.extname <> 'plpgsql'
