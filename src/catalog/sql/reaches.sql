-- What a look at a relation or a domain would run or plan: the functions, operators, types, operator classes and collations under
-- its defaults, constraints, indexes, policies, rules and statistics, and the relations under a view with theirs. A function counts
-- by its owner alone. Only what belongs to another role than the object itself, and to no superuser, is told; of the role that made
-- the cluster no ownership is recorded.
SELECT '{kind}', pg_catalog.json_build_object('schema', root.schema, 'name', root.name, 'reaches', found.list)::text
FROM (SELECT {of}.oid, {of}.nspname AS schema, {of}.{name} AS name, {of}.{owner} AS owner FROM {of} WHERE {counts}) AS root
CROSS JOIN LATERAL (
    WITH RECURSIVE reached(class, object) AS (
        SELECT '{catalog}'::pg_catalog.regclass::pg_catalog.oid, root.oid
        UNION
        SELECT step.class, step.object FROM reached CROSS JOIN LATERAL (
            -- What hangs on it.
            SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
            WHERE d.refclassid = reached.class AND d.refobjid = reached.object AND d.deptype IN ('a', 'i', 'S')
            AND reached.class IN ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass)
            AND d.classid IN ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_attrdef'::pg_catalog.regclass,
                'pg_catalog.pg_constraint'::pg_catalog.regclass, 'pg_catalog.pg_policy'::pg_catalog.regclass,
                'pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass)
            UNION ALL
            -- What it is made of.
            SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend d
            WHERE d.classid = reached.class AND d.objid = reached.object AND d.deptype IN ('n', 'a')
            AND reached.class <> 'pg_catalog.pg_proc'::pg_catalog.regclass
            AND (d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass,
                    'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass,
                    'pg_catalog.pg_collation'::pg_catalog.regclass)
                OR d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND reached.class IN ('pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_policy'::pg_catalog.regclass))
        ) AS step(class, object))
    SELECT pg_catalog.json_agg(DISTINCT pg_catalog.jsonb_build_object('what', pg_catalog.pg_describe_object(class, object, 0),
        'owner', pg_catalog.pg_get_userbyid(o.refobjid))) AS list
    FROM reached JOIN pg_catalog.pg_shdepend o ON o.classid = class AND o.objid = object AND o.objsubid = 0 AND o.deptype = 'o'
        AND o.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    WHERE o.refobjid <> root.owner AND o.refobjid NOT IN (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolsuper)
) AS found
WHERE found.list IS NOT NULL
