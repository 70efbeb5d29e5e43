-- A comment by hand on an object of each kind.
-- expect: different access method pile: comment
-- expect: different cast (pair AS text): comment
-- expect: different collation exact: comment
-- expect: different conversion mine: comment
-- expect: different event trigger watch: comment
-- expect: different foreign data wrapper nowhere: comment
-- expect: different language plother: comment
-- expect: different operator <<< (pair, pair): comment
-- expect: different operator class pairs using hash: comment
-- expect: different operator family other using hash: comment
-- expect: different policy side.rooms.everybody: comment
-- expect: different publication news: comment
-- expect: different rule parent.quiet: comment
-- expect: different sequence numbers: comment
-- expect: different server far: comment
-- expect: different statistics orders_stat on orders: comment
-- expect: different text search configuration words: comment
-- expect: different text search dictionary plain: comment
-- expect: different text search parser cutter: comment
-- expect: different text search template bare: comment
-- expect: different transform for integer language sql: comment
-- expect: different trigger customers.touches: comment
-- before
CREATE OPERATOR FAMILY other USING hash;
CREATE OPERATOR CLASS pairs FOR TYPE pair USING hash AS OPERATOR 1 <<<;
-- drift
COMMENT ON ACCESS METHOD pile IS 'x';
COMMENT ON CAST (pair AS text) IS 'x';
COMMENT ON COLLATION exact IS 'x';
COMMENT ON CONVERSION mine IS 'x';
COMMENT ON EVENT TRIGGER watch IS 'x';
COMMENT ON FOREIGN DATA WRAPPER nowhere IS 'x';
COMMENT ON LANGUAGE plother IS 'x';
COMMENT ON OPERATOR <<< (pair, pair) IS 'x';
COMMENT ON OPERATOR CLASS pairs USING hash IS 'x';
COMMENT ON OPERATOR FAMILY other USING hash IS 'x';
COMMENT ON POLICY everybody ON side.rooms IS 'x';
COMMENT ON PUBLICATION news IS 'x';
COMMENT ON RULE quiet ON parent IS 'x';
COMMENT ON SEQUENCE numbers IS 'x';
COMMENT ON SERVER far IS 'x';
COMMENT ON STATISTICS orders_stat IS 'x';
COMMENT ON TEXT SEARCH CONFIGURATION words IS 'x';
COMMENT ON TEXT SEARCH DICTIONARY plain IS 'x';
COMMENT ON TEXT SEARCH PARSER cutter IS 'x';
COMMENT ON TEXT SEARCH TEMPLATE bare IS 'x';
COMMENT ON TRANSFORM FOR int LANGUAGE sql IS 'x';
COMMENT ON TRIGGER touches ON customers IS 'x';
