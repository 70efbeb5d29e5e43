SELECT quote_ident(l.lanname), l.lanpltrusted, l.lanplcallfoid::regproc::text,
    CASE WHEN l.laninline <> 0 THEN l.laninline::regproc::text END,
    CASE WHEN l.lanvalidator <> 0 THEN l.lanvalidator::regproc::text END,
    de.description, {owner:l.lanowner}, {grants:l.lanacl, 'l', l.lanowner}
FROM pg_language l
{described:pg_language, l.oid, 0}
WHERE l.lanispl AND {own:pg_language, l.oid}
