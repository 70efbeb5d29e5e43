-- expect: missing conversion mine
DROP CONVERSION mine;
