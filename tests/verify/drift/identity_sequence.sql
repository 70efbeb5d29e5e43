-- expect: different column customers.id: sequence
ALTER TABLE customers ALTER id SET INCREMENT BY 10;
