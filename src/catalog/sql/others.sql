-- The roles that are trusted; NULL before them where something with code of its own belongs to another.
WITH RECURSIVE {trusted}
SELECT pg_catalog.pg_get_userbyid(role) FROM trusted
UNION ALL
SELECT NULL WHERE EXISTS (
    SELECT FROM pg_catalog.pg_shdepend o
    WHERE o.deptype = 'o' AND o.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    AND o.classid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass,
        'pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass)
    AND o.refobjid NOT IN (SELECT role FROM trusted))
