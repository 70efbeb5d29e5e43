-- expect: different trigger customers.touches: state
ALTER TABLE customers DISABLE TRIGGER touches;
