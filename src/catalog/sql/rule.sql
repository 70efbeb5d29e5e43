SELECT 'rule', pg_catalog.json_build_object(
    'schema', r.nspname, 'table', r.relname, 'name', w.rulename, 'enabled', w.ev_enabled,
    'written', {written:w.rulename},
    'definition', pg_catalog.pg_get_ruledef(w.oid),
    'comment', pg_catalog.obj_description(w.oid, 'pg_rewrite')
)::text
FROM rel r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
