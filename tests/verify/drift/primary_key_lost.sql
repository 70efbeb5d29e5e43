-- expect: missing constraint side.rooms.rooms_pkey
ALTER TABLE side.rooms DROP CONSTRAINT rooms_pkey;
