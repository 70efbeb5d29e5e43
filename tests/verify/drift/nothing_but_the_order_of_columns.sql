-- expect nothing
ALTER TABLE scratch DROP a;
ALTER TABLE scratch ADD a int;
ALTER TABLE scratch ALTER a SET STATISTICS 50;
