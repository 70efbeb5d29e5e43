-- expect: different type positive: default
ALTER DOMAIN positive DROP DEFAULT;
