-- expect: different column scratch.b: storage
ALTER TABLE scratch ALTER b SET STORAGE MAIN;
