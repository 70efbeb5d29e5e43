-- expect: different policy side.rooms.everybody: to
ALTER POLICY everybody ON side.rooms TO pg_monitor;
