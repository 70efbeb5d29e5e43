-- expect: different cast (pair AS text): context
DROP CAST (pair AS text);
CREATE CAST (pair AS text) WITH INOUT AS IMPLICIT;
