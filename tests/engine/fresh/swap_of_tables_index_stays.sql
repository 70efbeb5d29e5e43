-- An index that the old table keeps goes with it; the new one's stays.
-- revision
CREATE TABLE orders (id bigint PRIMARY KEY, ref text);
CREATE UNIQUE INDEX orders_ref ON orders (ref);
-- revision
ALTER TABLE orders RENAME TO orders_old;
ALTER TABLE orders_old RENAME CONSTRAINT orders_pkey TO orders_old_pkey;
ALTER INDEX orders_ref RENAME TO orders_old_ref;
CREATE TABLE orders (id bigint PRIMARY KEY, ref text);
CREATE UNIQUE INDEX orders_ref ON orders (ref);
-- revision
DROP TABLE orders_old;
-- revision
DROP INDEX IF EXISTS orders_ref;
