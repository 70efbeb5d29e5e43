-- expect: missing server far
-- expect: missing table afar
DROP SERVER far CASCADE;
