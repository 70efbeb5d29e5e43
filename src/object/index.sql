, own AS MATERIALIZED (SELECT i.*, r.name FROM rel r JOIN pg_index i ON i.indrelid = r.oid
    -- Those of constraints are told with them, and those of partitions follow from the parent's.
    WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
        AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid))
SELECT s.prefix || quote_ident(x.relname), i.name,
    nullif(am.amname, 'btree'), i.indisunique,
    keys.keys,
    CASE WHEN i.indnatts > i.indnkeyatts THEN {names:i.indrelid, (i.indkey::int2[])[i.indnkeyatts:]} END,
    pg_get_expr(i.indpred, i.indrelid),
    {nulls_not_distinct},
    {list:x.reloptions},
    CASE WHEN i.indexprs IS NOT NULL THEN (SELECT json_agg(ia.attnum || ' ' || ia.attstattarget ORDER BY ia.attnum) FROM pg_attribute ia
        WHERE ia.attrelid = x.oid AND ia.attstattarget >= 0) END,
    NOT (i.indisvalid AND i.indisready AND i.indislive), i.indisclustered,
    de.description
FROM own i
JOIN pg_class x ON x.oid = i.indexrelid
JOIN spc s ON s.oid = x.relnamespace
JOIN pg_am am ON am.oid = x.relam
JOIN (SELECT i.indexrelid, json_agg(concat(
        CASE WHEN k.num = 0 THEN pg_get_indexdef(i.indexrelid, k.n::int, false) ELSE quote_ident(a.attname) END,
        CASE WHEN k.coll <> 0 AND k.coll <> coalesce(a.attcollation, 'default'::regcollation) THEN (
            SELECT ' COLLATE ' || cs.prefix || quote_ident(co.collname) FROM pg_collation co
            JOIN spc cs ON cs.oid = co.collnamespace WHERE co.oid = k.coll) END,
        CASE WHEN NOT o.opcdefault OR po.options IS NOT NULL
                OR o.opcintype <> a.atttypid AND o.opcname NOT IN ('text_ops', 'array_ops', 'enum_ops')
            THEN ' ' || os.prefix || quote_ident(o.opcname) END,
        po.options,
        -- The method's number: that of btree.
        CASE WHEN o.opcmethod = 403 THEN CASE k.opt WHEN 1 THEN ' DESC NULLS LAST' WHEN 2 THEN ' NULLS FIRST' WHEN 3 THEN ' DESC' END END
    ) ORDER BY k.n) AS keys
    FROM own i
    CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indclass::oid[], i.indcollation::oid[], i.indoption::int2[])
        WITH ORDINALITY AS k(num, class, coll, opt, n)
    LEFT JOIN LATERAL (SELECT t.* FROM pg_attribute t WHERE t.attrelid = i.indrelid AND t.attnum = k.num AND k.num <> 0 OFFSET 0) AS a ON true
    JOIN pg_opclass o ON o.oid = k.class JOIN spc os ON os.oid = o.opcnamespace
    -- No class of btree's own has options.
    LEFT JOIN LATERAL (SELECT ' (' || string_agg(split_part(p.p, '=', 1) || '=' || quote_literal(substr(p.p, strpos(p.p, '=') + 1)), ', ' ORDER BY p.p) || ')' AS options
        FROM pg_attribute ia, unnest(ia.attoptions) AS p(p) WHERE ia.attrelid = i.indexrelid AND ia.attnum = k.n OFFSET 0) AS po
        ON o.opcmethod <> 403 OR o.oid >= 16384
    WHERE k.n <= i.indnkeyatts GROUP BY i.indexrelid) AS keys ON keys.indexrelid = x.oid
{described:pg_class, x.oid, 0}
