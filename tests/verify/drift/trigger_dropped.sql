-- expect: missing trigger customers.touches
DROP TRIGGER touches ON customers;
