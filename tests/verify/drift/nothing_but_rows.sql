-- expect nothing
INSERT INTO customers (mail) VALUES ('c@x');
SELECT nextval('numbers');
ANALYZE customers;
