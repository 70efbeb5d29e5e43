-- expect: different column scratch.a: statistics
ALTER TABLE scratch ALTER a SET STATISTICS 100;
