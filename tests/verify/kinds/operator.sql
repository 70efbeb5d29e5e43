-- An operator with other attributes.
-- expect: different operator === (pair, pair): commutator, function, hashes, join, merges, negator
-- expect: unexpected operator !== (pair, pair)
-- before
CREATE FUNCTION pair_more(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a > ($2).a';
CREATE OPERATOR === (function = pair_less, leftarg = pair, rightarg = pair, restrict = eqsel);
-- drift
DROP OPERATOR === (pair, pair);
CREATE OPERATOR === (function = pair_more, leftarg = pair, rightarg = pair, commutator = ===, negator = !==,
    restrict = eqsel, join = eqjoinsel, hashes, merges);
CREATE OPERATOR !== (function = pair_less, leftarg = pair, rightarg = pair, negator = ===);
