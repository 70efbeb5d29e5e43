-- expect: different column orders.placed: default
ALTER TABLE orders ALTER placed SET DEFAULT current_date;
