-- expect: different table scratch: unlogged
ALTER TABLE scratch SET LOGGED;
