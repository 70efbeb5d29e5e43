-- expect: different column afar.a: server options
ALTER FOREIGN TABLE afar ALTER a OPTIONS (column_name 'x');
