-- expect: unexpected trigger events.by_hand
CREATE TRIGGER by_hand AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION touch();
