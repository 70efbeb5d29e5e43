-- expect: different rule parent.quiet: state
ALTER TABLE parent DISABLE RULE quiet;
