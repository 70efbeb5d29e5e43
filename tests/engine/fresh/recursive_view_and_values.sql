-- Views without a table.
-- revision
CREATE RECURSIVE VIEW up_to (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM up_to WHERE n < 5;
CREATE VIEW pairs (a, b) AS VALUES (1, 'x'), (2, 'y');
-- revision
CREATE OR REPLACE VIEW pairs (a, b) AS VALUES (3, 'z');
DROP VIEW up_to;
