-- expect: missing index totals_customer on totals
DROP INDEX totals_customer;
