-- expect: missing collation exact
DROP COLLATION exact;
