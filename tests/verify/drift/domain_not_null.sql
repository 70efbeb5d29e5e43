-- expect: different type positive: not null
ALTER DOMAIN positive SET NOT NULL;
