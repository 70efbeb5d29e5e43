-- expect: different column customers.id: identity
ALTER TABLE customers ALTER id SET GENERATED ALWAYS;
