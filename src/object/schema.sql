SELECT quote_ident(s.nspname), de.description, {owner:s.nspowner}, {grants:s.nspacl, 'n', s.nspowner}
FROM spc s {described:pg_namespace, s.oid, 0}
WHERE s.looked AND s.nspname NOT IN ({home}, 'public')
