-- expect: different policy side.rooms.everybody: check
ALTER POLICY everybody ON side.rooms WITH CHECK (false);
