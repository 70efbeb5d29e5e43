-- expect: different table side.rooms: options
ALTER TABLE side.rooms SET (fillfactor = 80, autovacuum_enabled = off);
