SELECT quote_ident(v.srvname), w.fdwname, v.srvtype, v.srvversion, {options:v.srvoptions},
    de.description, {owner:v.srvowner}, {grants:v.srvacl, 'S', v.srvowner}
FROM pg_foreign_server v JOIN pg_foreign_data_wrapper w ON w.oid = v.srvfdw
{described:pg_foreign_server, v.oid, 0}
WHERE {own:pg_foreign_server, v.oid}
