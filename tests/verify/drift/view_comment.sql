-- expect: different view big: comment
COMMENT ON VIEW big IS 'x';
