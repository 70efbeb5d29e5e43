-- expect: missing policy side.rooms.everybody
DROP POLICY everybody ON side.rooms;
