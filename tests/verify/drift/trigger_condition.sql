-- expect: different trigger customers.touches: as
DROP TRIGGER touches ON customers;
CREATE TRIGGER touches BEFORE INSERT OR UPDATE OF noted ON customers FOR EACH ROW WHEN (NEW.id > 1) EXECUTE FUNCTION touch();
