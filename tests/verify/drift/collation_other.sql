-- expect: different collation exact: lc_collate, lc_ctype
DROP COLLATION exact;
CREATE COLLATION exact (locale = 'POSIX');
