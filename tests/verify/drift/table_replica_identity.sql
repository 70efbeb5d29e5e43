-- expect: different table scratch: replica identity
ALTER TABLE scratch REPLICA IDENTITY DEFAULT;
