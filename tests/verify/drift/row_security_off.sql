-- expect: different table side.rooms: row security
ALTER TABLE side.rooms DISABLE ROW LEVEL SECURITY;
