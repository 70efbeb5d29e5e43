-- expect: different table side.rooms: options
ALTER TABLE side.rooms RESET (fillfactor);
