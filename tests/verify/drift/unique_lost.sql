-- expect: missing constraint customers.customers_mail_key
ALTER TABLE customers DROP CONSTRAINT customers_mail_key;
