-- expect: missing schema side
DROP POLICY everybody ON side.rooms;
DROP SCHEMA side CASCADE;
