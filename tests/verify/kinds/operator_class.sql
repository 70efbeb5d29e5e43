-- An operator class with other members.
-- since: 14
-- expect: different operator class pairs using gist: default, family, functions, operators, storage
-- expect: different operator family own using gist: operators
-- expect: unexpected function pair_same(pair, pair, internal)
-- expect: unexpected operator family other_one using gist
-- before
CREATE OPERATOR <<<< (function = pair_less, leftarg = pair, rightarg = pair);
CREATE OPERATOR FAMILY own USING gist;
CREATE OPERATOR CLASS pairs FOR TYPE pair USING gist FAMILY own AS OPERATOR 1 <<<;
-- drift
DROP OPERATOR CLASS pairs USING gist;
CREATE OPERATOR FAMILY other_one USING gist;
CREATE FUNCTION pair_same(pair, pair, internal) RETURNS internal LANGUAGE internal AS 'gist_box_same';
CREATE OPERATOR CLASS pairs DEFAULT FOR TYPE pair USING gist FAMILY other_one AS
    OPERATOR 1 <<<<, FUNCTION 7 pair_same(pair, pair, internal), STORAGE box;
