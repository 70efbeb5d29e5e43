SELECT 'function', pg_catalog.json_build_object(
    'schema', f.nspname, 'name', f.proname, 'kind', f.prokind,
    'types', (SELECT coalesce(pg_catalog.json_agg({canonical:t} ORDER BY arg.at), '[]')
        FROM pg_catalog.unnest(f.proargtypes::pg_catalog.oid[]) WITH ORDINALITY AS arg(type, at)
        JOIN pg_catalog.pg_type t ON t.oid = arg.type),
    'arguments', pg_catalog.pg_get_function_arguments(f.oid),
    'result', pg_catalog.pg_get_function_result(f.oid),
    'language', l.lanname, 'volatility', f.provolatile, 'strict', f.proisstrict, 'security_definer', f.prosecdef,
    'leakproof', f.proleakproof, 'parallel', f.proparallel, 'cost', f.procost, 'rows', f.prorows,
    'config', coalesce(f.proconfig, '{}'),
    'support', nullif(f.prosupport::pg_catalog.oid, 0)::pg_catalog.regproc::text,
    'transforms', (SELECT pg_catalog.json_agg(pg_catalog.format_type(type, NULL)) FROM pg_catalog.unnest(f.protrftypes) AS type),
    'source', CASE WHEN f.prokind = 'a' THEN '' ELSE f.prosrc END, 'binary', f.probin,
    'body', {sql_body},
    'definition', CASE WHEN f.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(f.oid) END,
    'aggregate', CASE WHEN f.prokind = 'a' THEN (SELECT pg_catalog.json_build_object(
            'kind', g.aggkind, 'direct', g.aggnumdirectargs, 'transition', g.aggtransfn::text, 'final', g.aggfinalfn::text,
            'combine', g.aggcombinefn::text, 'serialise', g.aggserialfn::text, 'deserialise', g.aggdeserialfn::text,
            'moving', g.aggmtransfn::text, 'inverse', g.aggminvtransfn::text, 'moving_final', g.aggmfinalfn::text,
            'final_extra', g.aggfinalextra, 'moving_extra', g.aggmfinalextra, 'modify', g.aggfinalmodify, 'moving_modify', g.aggmfinalmodify,
            'sort', g.aggsortop::pg_catalog.regoper::text, 'state', pg_catalog.format_type(g.aggtranstype, NULL), 'space', g.aggtransspace,
            'moving_state', pg_catalog.format_type(nullif(g.aggmtranstype, 0), NULL), 'moving_space', g.aggmtransspace,
            'initial', g.agginitval, 'moving_initial', g.aggminitval)::text
        FROM pg_catalog.pg_aggregate g WHERE g.aggfnoid = f.oid) END,
    'owner', pg_catalog.pg_get_userbyid(f.proowner),
    'comment', pg_catalog.obj_description(f.oid, 'pg_proc'),
    'acl', {acl:coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))}
)::text FROM fun f JOIN pg_catalog.pg_language l ON l.oid = f.prolang
