-- expect: different operator <<< (pair, pair): restrict
ALTER OPERATOR <<< (pair, pair) SET (RESTRICT = scalarltsel);
