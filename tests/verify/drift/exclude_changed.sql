-- expect: different constraint side.rooms.rooms_during_excl: exclude
ALTER TABLE side.rooms DROP CONSTRAINT rooms_during_excl, ADD CONSTRAINT rooms_during_excl EXCLUDE USING gist (during WITH =);
