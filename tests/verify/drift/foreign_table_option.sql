-- expect: different table afar: server options
ALTER FOREIGN TABLE afar OPTIONS (SET tag 'w');
