-- expect: different column scratch.a: type
ALTER TABLE scratch ALTER a TYPE bigint;
