-- expect: different policy side.rooms.everybody: for, restrictive
DROP POLICY everybody ON side.rooms;
CREATE POLICY everybody ON side.rooms AS RESTRICTIVE FOR UPDATE USING (id > 0) WITH CHECK (id IN (SELECT customers.id FROM customers));
