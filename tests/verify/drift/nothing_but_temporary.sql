-- expect nothing
CREATE TEMP TABLE orders2 (a int);
CREATE TEMP VIEW big2 AS SELECT 1 AS x;
CREATE TEMP SEQUENCE temp_numbers;
