-- expect: different column customers.feels: default
ALTER TABLE customers ALTER feels SET DEFAULT 'sad';
