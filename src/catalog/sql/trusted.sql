{members},
-- Role 10 is the one that made the cluster.
trusted(role) AS MATERIALIZED (
    SELECT role FROM member
    UNION SELECT r.oid FROM pg_catalog.pg_roles r
        WHERE r.rolsuper OR r.oid = 10::pg_catalog.oid OR r.rolname IN ('pg_database_owner') OR r.rolname::pg_catalog.text = ANY ({owners})
    UNION SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
