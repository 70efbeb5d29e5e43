ALTER TABLE orders ADD COLUMN refund boolean;
UPDATE orders SET refund = true, total = -total WHERE total < 0;
ALTER TABLE orders ADD CONSTRAINT orders_total_positive CHECK (total > 0);
