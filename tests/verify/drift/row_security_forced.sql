-- expect: different table side.rooms: forced row security
ALTER TABLE side.rooms FORCE ROW LEVEL SECURITY;
