-- expect: different table orders: options
ALTER TABLE orders SET (toast.autovacuum_enabled = false);
