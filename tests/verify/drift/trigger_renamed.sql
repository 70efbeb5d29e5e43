-- expect: different trigger customers.touches
ALTER TRIGGER touches ON customers RENAME TO touched;
