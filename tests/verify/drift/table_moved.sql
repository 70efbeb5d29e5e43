-- expect: different table scratch
ALTER TABLE scratch SET SCHEMA side;
