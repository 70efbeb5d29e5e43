-- expect: unexpected constraint scratch.scratch_a_key
ALTER TABLE scratch ADD UNIQUE (a);
