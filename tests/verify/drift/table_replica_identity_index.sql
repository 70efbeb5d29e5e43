-- expect: different table customers: replica identity
ALTER TABLE customers REPLICA IDENTITY USING INDEX customers_pkey;
