-- expect: unexpected policy orders.by_hand
CREATE POLICY by_hand ON orders FOR SELECT USING (true);
