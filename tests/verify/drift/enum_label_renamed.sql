-- expect: different column customers.feels: default
-- expect: different type mood: labels
ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';
