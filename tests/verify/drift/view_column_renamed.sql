-- expect: different view big: as
ALTER VIEW big RENAME mail TO address;
