-- expect: missing extension citext
-- expect: missing table customers
-- expect: missing view big
-- expect: missing view checked
-- expect: missing constraint orders.orders_customer_fkey
-- expect: different publication news: tables
-- expect: missing policy side.rooms.everybody
DROP TABLE customers CASCADE;
DROP EXTENSION citext;
