-- expect: different conversion mine: default
DROP CONVERSION mine;
CREATE DEFAULT CONVERSION mine FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
