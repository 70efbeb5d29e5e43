-- expect: different column customers.state: type
ALTER TABLE customers ALTER state TYPE varchar(20);
