-- expect: different column scratch.a: type
ALTER TABLE scratch ALTER a TYPE int[] USING ARRAY[a];
