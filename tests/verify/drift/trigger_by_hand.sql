-- expect: unexpected trigger orders.by_hand
CREATE TRIGGER by_hand AFTER DELETE ON orders EXECUTE FUNCTION touch();
