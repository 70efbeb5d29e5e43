-- expect: different column customers.state: not null
ALTER TABLE customers ALTER state SET NOT NULL;
