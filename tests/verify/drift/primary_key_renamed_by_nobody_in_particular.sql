-- expect: note constraint side.rooms.rooms_pkey
ALTER INDEX side.rooms_pkey RENAME TO rooms_pkey1;
