-- expect: unexpected column orders.hot_fix
ALTER TABLE orders ADD hot_fix text DEFAULT 'by hand';
