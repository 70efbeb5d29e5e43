-- expect: different constraint customers.customers_mail_key: nulls not distinct
-- since: 15
ALTER TABLE customers DROP CONSTRAINT customers_mail_key, ADD CONSTRAINT customers_mail_key UNIQUE NULLS NOT DISTINCT (mail);
