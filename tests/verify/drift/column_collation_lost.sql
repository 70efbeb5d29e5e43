-- expect: different column customers.name: collate
DROP VIEW checked;
ALTER TABLE customers ALTER name TYPE varchar(40) COLLATE "default";
CREATE VIEW checked WITH (security_barrier) AS SELECT id, name FROM customers WHERE id > 0 WITH CASCADED CHECK OPTION;
