CREATE TABLE orders (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    total numeric NOT NULL
);
INSERT INTO orders (total) VALUES (12.50), (-3.00), (8.75);
