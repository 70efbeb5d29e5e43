-- expect: different sequence numbers: options
ALTER SEQUENCE numbers INCREMENT 1 CYCLE;
