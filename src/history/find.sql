-- Where an unqualified history lives depends on the user's path, so it is asked under it: by functions alone.
SELECT WHERE pg_catalog.concat(
    pg_catalog.set_config('lockgate.path', pg_catalog.current_setting('search_path'), true),
    pg_catalog.set_config('lockgate.schema', {schema}, true),
    pg_catalog.set_config('lockgate.seen', pg_catalog.to_regclass({name})::pg_catalog.oid::pg_catalog.text, true)) IS NULL
