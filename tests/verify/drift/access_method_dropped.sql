-- expect: missing access method pile
DROP ACCESS METHOD pile;
