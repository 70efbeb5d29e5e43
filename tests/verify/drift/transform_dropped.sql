-- expect: missing transform for integer language sql
DROP TRANSFORM FOR int LANGUAGE sql;
