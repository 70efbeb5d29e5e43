-- expect: different trigger customers.touches: state
ALTER TABLE customers ENABLE ALWAYS TRIGGER touches;
