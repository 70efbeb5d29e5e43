-- expect: missing language plother
DROP LANGUAGE plother;
