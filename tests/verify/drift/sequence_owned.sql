-- expect: different sequence numbers: owned by
ALTER SEQUENCE numbers OWNED BY customers.id;
