-- since: 18
-- expect: unexpected constraint stays.by_hand
ALTER TABLE stays ADD CONSTRAINT by_hand UNIQUE (room, during WITHOUT OVERLAPS);
