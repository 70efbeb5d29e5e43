-- expect: missing sequence numbers
DROP SEQUENCE numbers;
