SELECT s.prefix || quote_ident(f.proname) || '(' || coalesce((SELECT string_agg(format_type(a.type, NULL), ', ' ORDER BY a.n)
        FROM unnest(f.proargtypes::oid[]) WITH ORDINALITY AS a(type, n)), '') || ')',
    CASE f.prokind WHEN 'p' THEN 'procedure' WHEN 'w' THEN 'window' WHEN 'a' THEN 'aggregate' END,
    nullif(pg_get_function_arguments(f.oid), ''), pg_get_function_result(f.oid),
    CASE WHEN f.prokind <> 'a' THEN l.lanname END,
    CASE f.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END,
    f.proisstrict, f.prosecdef, f.proleakproof,
    CASE f.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END,
    CASE WHEN f.procost <> CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END AND f.prokind <> 'a' THEN f.procost END,
    CASE WHEN f.prorows NOT IN (0, 1000) THEN f.prorows END,
    {list:f.proconfig},
    CASE WHEN f.prosupport::oid <> 0 THEN f.prosupport::text END,
    (SELECT json_agg(format_type(t.t, NULL)) FROM unnest(f.protrftypes) AS t(t)),
    CASE WHEN f.prokind <> 'a' AND {sql_body} IS NULL THEN f.prosrc END,
    {sql_body}, f.probin,
    CASE f.prokind WHEN 'a' THEN (SELECT json_build_object(
        'kind', nullif(g.aggkind, 'n'), 'direct', nullif(g.aggnumdirectargs, 0), 'transition', g.aggtransfn::text,
        'state', format_type(g.aggtranstype, NULL), 'space', nullif(g.aggtransspace, 0), 'initial', g.agginitval,
        'final', nullif(g.aggfinalfn::text, '-'), 'final_extra', nullif(g.aggfinalextra, false), 'modify', nullif(g.aggfinalmodify, 'r'),
        'combine', nullif(g.aggcombinefn::text, '-'), 'serialise', nullif(g.aggserialfn::text, '-'),
        'deserialise', nullif(g.aggdeserialfn::text, '-'), 'moving', nullif(g.aggmtransfn::text, '-'),
        'inverse', nullif(g.aggminvtransfn::text, '-'), 'moving_final', nullif(g.aggmfinalfn::text, '-'),
        'moving_extra', nullif(g.aggmfinalextra, false), 'moving_modify', nullif(g.aggmfinalmodify, 'r'),
        'moving_state', nullif(format_type(nullif(g.aggmtranstype, 0), NULL), '-'), 'moving_space', nullif(g.aggmtransspace, 0),
        'moving_initial', g.aggminitval, 'sort', CASE WHEN g.aggsortop <> 0 THEN g.aggsortop::regoperator::text END)
        FROM pg_aggregate g WHERE g.aggfnoid = f.oid) END,
    de.description, {owner:f.proowner}, {grants:f.proacl, 'f', f.proowner}
FROM pg_proc f
JOIN spc s ON s.oid = f.pronamespace AND s.looked
JOIN pg_language l ON l.oid = f.prolang
{described:pg_proc, f.oid, 0}
-- The constructors of a range type come with it.
WHERE {own:pg_proc, f.oid} AND f.oid <> ALL ({locked}) AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'i')
