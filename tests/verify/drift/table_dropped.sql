-- expect: missing table scratch
DROP TABLE scratch;
