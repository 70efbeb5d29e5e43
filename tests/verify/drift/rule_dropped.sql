-- expect: missing rule parent.quiet
DROP RULE quiet ON parent;
