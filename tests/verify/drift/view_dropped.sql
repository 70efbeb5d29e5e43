-- expect: missing view big
DROP VIEW big;
