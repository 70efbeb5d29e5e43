-- expect: missing operator <<< (pair, pair)
DROP OPERATOR <<< (pair, pair);
