-- expect: different policy side.rooms.everybody: using
ALTER POLICY everybody ON side.rooms USING (true);
