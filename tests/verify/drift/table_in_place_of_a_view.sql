-- expect: missing view checked
-- expect: unexpected table checked
DROP VIEW checked;
CREATE TABLE checked (id int, name varchar(40) COLLATE "C");
