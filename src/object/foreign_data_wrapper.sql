SELECT quote_ident(w.fdwname), CASE WHEN w.fdwhandler <> 0 THEN w.fdwhandler::regproc::text END,
    CASE WHEN w.fdwvalidator <> 0 THEN w.fdwvalidator::regproc::text END, {options:w.fdwoptions},
    de.description, {owner:w.fdwowner}, {grants:w.fdwacl, 'F', w.fdwowner}
FROM pg_foreign_data_wrapper w
{described:pg_foreign_data_wrapper, w.oid, 0}
WHERE {own:pg_foreign_data_wrapper, w.oid}
