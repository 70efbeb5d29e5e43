-- expect: note index customers_noted_idx on customers
ALTER INDEX customers_noted_idx RENAME TO customers_noted_idx1;
