-- Run as a role that may only create in public. For every operator of pg_catalog and every pair of types that lockgate's own SQL
-- puts together, where the server needs a cast to find it: an operator that fits better. Each is cheap, so the planner runs it
-- first, and each tells the log when somebody else runs it: through a message of whose text, and as whom.
CREATE FUNCTION public.sprung(what text) RETURNS void LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    IF current_user <> 'mallory' AND pg_catalog.current_setting('application_name') LIKE 'lockgate/%' THEN
        RAISE LOG 'TRAP in % as %: % by <<%>>', pg_catalog.current_database(), current_user, what, pg_catalog.current_query();
    END IF;
END $$;

DO $$
DECLARE
    types constant text[] := ARRAY['name', 'text', 'varchar', 'oid', 'regclass', 'regtype', 'regrole', 'regnamespace', 'int2', 'int4', 'int8', '"char"',
        'bool', 'jsonb', 'timestamptz', 'interval', 'numeric', 'float8', 'xid', 'name[]', 'text[]', 'oid[]', 'int2[]', 'int2vector', 'oidvector'];
    operators constant text[] := ARRAY['=', '<>', '<', '<=', '>', '>=', '||', '->', '->>', '+', '-', '*', '/', '~', '~~'];
    operator text; a text; b text; result regtype; made int := 0;
BEGIN
    FOREACH operator IN ARRAY operators LOOP
        FOREACH a IN ARRAY types LOOP
            FOREACH b IN ARRAY types LOOP
                CONTINUE WHEN pg_catalog.to_regoperator(pg_catalog.format('pg_catalog.%s(%s,%s)', operator, a, b)) IS NOT NULL;
                BEGIN
                    EXECUTE pg_catalog.format('SELECT pg_catalog.pg_typeof(NULL::%s OPERATOR(pg_catalog.%s) NULL::%s)', a, operator, b) INTO result;
                    EXECUTE pg_catalog.format('CREATE FUNCTION public.trap_%s(a %s, b %s) RETURNS %s LANGUAGE plpgsql COST 0.0001 AS '
                        '$f$ BEGIN PERFORM public.sprung(%L); RETURN a OPERATOR(pg_catalog.%s) b; END $f$',
                        made, a, b, result, pg_catalog.format('%s(%s,%s)', operator, a, b), operator);
                    EXECUTE pg_catalog.format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.trap_%s)', operator, a, b, made);
                    made := made + 1;
                EXCEPTION WHEN OTHERS THEN NULL;
                END;
            END LOOP;
        END LOOP;
    END LOOP;
    IF made < 500 THEN RAISE EXCEPTION 'only % traps could be laid', made; END IF;
END $$;

-- Functions that fit an exact call better than a polymorphic or variadic one of pg_catalog does.
DO $$
DECLARE call text; at int := 0;
BEGIN
    FOREACH call IN ARRAY ARRAY['concat(text,text)', 'concat(text,text,text)', 'json_build_array(text,text)', 'json_build_array(name,name)',
        'json_build_object(text,text)', 'json_build_object(text,text,text,jsonb)', 'json_agg(json)', 'json_agg(text)', 'json_agg(name)',
        'array_to_json(text[])', 'unnest(text[])', 'unnest(oid[])', 'unnest(int2[])', 'array_position(int2[],int2)', 'to_json(text)', 'quote_ident(name)',
        'strpos(text,name)', 'left(name,int4)', 'coalesce(text,text)', 'pg_has_role(oid,name)', 'to_char(timestamptz,name)', 'format_type(oid,int2)']
    LOOP
        BEGIN
            EXECUTE pg_catalog.format('CREATE FUNCTION public.%s RETURNS text LANGUAGE plpgsql COST 0.0001 AS '
                '$f$ BEGIN PERFORM public.sprung(%L); RETURN NULL; END $f$', call, call);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END $$;

-- A literal beside a value takes the value's type where an operator of that type is there, and pg_catalog's `||` is of few types.
DO $$
DECLARE type text;
BEGIN
    FOREACH type IN ARRAY ARRAY['int2', 'int4', 'int8', 'oid', 'regclass', 'bool', 'numeric', 'float8', 'timestamptz', 'interval', 'name', '"char"'] LOOP
        CONTINUE WHEN pg_catalog.to_regoperator(pg_catalog.format('pg_catalog.||(%1$s,%1$s)', type)) IS NOT NULL
            OR pg_catalog.to_regoperator(pg_catalog.format('public.||(%1$s,%1$s)', type)) IS NOT NULL;
        EXECUTE pg_catalog.format('CREATE FUNCTION public.trap_of_its_own(a %1$s, b %1$s) RETURNS text LANGUAGE plpgsql COST 0.0001 AS '
            '$f$ BEGIN PERFORM public.sprung(%2$L); RETURN pg_catalog.concat(a, b); END $f$', type, '||(' || type || ')');
        EXECUTE pg_catalog.format('CREATE OPERATOR public.|| (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = public.trap_of_its_own)', type);
    END LOOP;
END $$;
