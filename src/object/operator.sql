SELECT s.prefix || o.oprname || ' (' || coalesce(format_type(nullif(o.oprleft, 0), NULL), 'NONE') || ', '
        || coalesce(format_type(nullif(o.oprright, 0), NULL), 'NONE') || ')',
    o.oprcode::text,
    CASE WHEN o.oprcom <> 0 THEN o.oprcom::regoperator::text END, CASE WHEN o.oprnegate <> 0 THEN o.oprnegate::regoperator::text END,
    CASE WHEN o.oprrest::oid <> 0 THEN o.oprrest::text END, CASE WHEN o.oprjoin::oid <> 0 THEN o.oprjoin::text END,
    o.oprcanhash, o.oprcanmerge,
    de.description, {owner:o.oprowner}
FROM pg_operator o JOIN spc s ON s.oid = o.oprnamespace AND s.looked
{described:pg_operator, o.oid, 0}
WHERE {own:pg_operator, o.oid} AND o.oprcode::oid <> 0
