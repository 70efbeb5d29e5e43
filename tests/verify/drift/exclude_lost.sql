-- expect: missing constraint side.rooms.rooms_during_excl
ALTER TABLE side.rooms DROP CONSTRAINT rooms_during_excl;
