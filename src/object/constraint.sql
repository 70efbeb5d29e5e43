-- Those of a partition follow from its parent's, but for the checks.
SELECT r.name || '.' || quote_ident(c.conname),
    CASE c.contype WHEN 'p' THEN {names:c.conrelid, c.conkey} END,
    CASE c.contype WHEN 'u' THEN {names:c.conrelid, c.conkey} END,
    CASE c.contype WHEN 'c' THEN pg_get_expr(c.conbin, c.conrelid) END,
    CASE c.contype WHEN 'f' THEN {names:c.conrelid, c.conkey} END,
    CASE c.contype WHEN 'f' THEN (SELECT s.prefix || quote_ident(f.relname) FROM pg_class f JOIN spc s ON s.oid = f.relnamespace
        WHERE f.oid = c.confrelid) END,
    CASE c.contype WHEN 'f' THEN {names:c.confrelid, c.confkey} END,
    CASE WHEN c.contype = 'f' AND c.confmatchtype <> 's' THEN CASE c.confmatchtype WHEN 'f' THEN 'full' ELSE 'partial' END END,
    CASE WHEN c.contype = 'f' THEN {action:c.confupdtype} END,
    CASE WHEN c.contype = 'f' THEN {action:c.confdeltype} END,
    {delete_columns},
    CASE c.contype WHEN 'x' THEN pg_get_constraintdef(c.oid) END,
    CASE WHEN i.indnatts > i.indnkeyatts THEN {names:i.indrelid, (i.indkey::int2[])[i.indnkeyatts:]} END,
    {nulls_not_distinct},
    c.condeferrable, c.condeferred, {not_valid}, {not_enforced}, c.contype = 'c' AND c.connoinherit, {period},
    {list:x.reloptions},
    i.indexrelid IS NOT NULL AND NOT (i.indisvalid AND i.indisready AND i.indislive),
    coalesce(i.indisclustered, false),
    tg.states, de.description
FROM rel r
JOIN pg_constraint c ON c.conrelid = r.oid AND c.contype IN ('p', 'u', 'c', 'f', 'x') AND c.conparentid = 0
LEFT JOIN pg_index i ON i.indexrelid = c.conindid AND c.contype IN ('p', 'u', 'x')
LEFT JOIN pg_class x ON x.oid = i.indexrelid AND x.reloptions IS NOT NULL
LEFT JOIN (SELECT t.tgconstraint, json_agg(DISTINCT t.tgenabled) AS states FROM pg_trigger t
    WHERE t.tgisinternal AND t.tgconstraint <> 0 AND t.tgenabled <> 'O' GROUP BY t.tgconstraint) AS tg
    ON tg.tgconstraint = c.oid AND c.contype = 'f'
{described:pg_constraint, c.oid, 0}
UNION ALL
SELECT s.prefix || quote_ident(t.typname) || '.' || quote_ident(c.conname),
    NULL, NULL, pg_get_expr(c.conbin, 0), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    false, false, false, NOT c.convalidated, false, false, false, NULL, false, false, NULL, de.description
FROM pg_constraint c JOIN pg_type t ON t.oid = c.contypid JOIN spc s ON s.oid = t.typnamespace AND s.looked
{described:pg_constraint, c.oid, 0}
WHERE c.contype = 'c' AND {own:pg_type, t.oid}
