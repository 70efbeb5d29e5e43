-- expect: different view big: as
CREATE OR REPLACE VIEW big AS SELECT o.id, o.amount, c.mail FROM orders o JOIN customers c ON c.id = o.customer WHERE o.amount > 99;
