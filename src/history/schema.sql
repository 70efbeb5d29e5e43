-- Where an unqualified history lives: the schema in which unqualified tables of the chain are made. "$user" in the path makes a
-- schema current that did not exist before (a chain that creates it): then a history of our own that stood before it, in a
-- later schema of the path, still counts. Every start asks this: a lookup by oid, and functions.
coalesce(
    (SELECT (pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0)).schema
        FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass({name}) AND c.relkind IN ('r', 'p')
            AND c.relowner = pg_catalog.quote_ident(current_user)::pg_catalog.regrole
            AND pg_catalog.current_schema() = current_user
            AND pg_catalog.strpos(pg_catalog.current_setting('search_path'), '$user') > 0),
    pg_catalog.current_schema())
