-- expect: different index customers_noted_idx on customers: keys
DROP INDEX customers_noted_idx;
CREATE INDEX customers_noted_idx ON customers (noted);
