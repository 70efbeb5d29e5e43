-- expect: different column customers.noted: compression
-- since: 14
ALTER TABLE customers ALTER noted SET COMPRESSION pglz;
