-- expect: missing type span
DROP TYPE span;
