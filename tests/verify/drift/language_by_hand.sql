-- expect: unexpected language another
CREATE LANGUAGE another HANDLER plpgsql_call_handler;
