-- expect: missing cast (pair AS text)
DROP CAST (pair AS text);
