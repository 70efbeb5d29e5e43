-- expect: different view big
ALTER VIEW big RENAME TO huge;
