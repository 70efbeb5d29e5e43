SET search_path = shop, public;
CREATE TABLE goods (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text COLLATE plain, cost price NOT NULL DEFAULT 1, twice numeric GENERATED ALWAYS AS (id * 2) STORED, home address);
CREATE TABLE sales (id bigint, day date NOT NULL, good integer) PARTITION BY RANGE (day);
CREATE TABLE sales_2024 PARTITION OF sales FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE sales_rest PARTITION OF sales DEFAULT;
CREATE INDEX sales_good ON sales (good);
CREATE TABLE goods_copy (LIKE goods INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
CREATE TABLE things (kind text) INHERITS (goods_copy);
ALTER TABLE goods ADD EXCLUDE USING gist (int4range(id, id, '[]') WITH &&);
