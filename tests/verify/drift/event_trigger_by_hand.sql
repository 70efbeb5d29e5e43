-- expect: unexpected event trigger by_hand
CREATE EVENT TRIGGER by_hand ON sql_drop EXECUTE FUNCTION on_ddl();
