-- expect: different column customers.shout: generated
ALTER TABLE customers ALTER shout DROP EXPRESSION;
