-- expect: unexpected operator family side.theirs using hash
CREATE OPERATOR FAMILY side.theirs USING hash;
