-- The options of an operator class, and a class of its own.
-- expect: different index found on words: keys
-- expect: different index near on words: keys
-- before
CREATE TABLE words (a tsvector, b tsvector);
CREATE INDEX found ON words USING gist (a);
CREATE INDEX near ON words USING gist (b tsvector_ops (siglen = 64));
-- drift
DROP INDEX found;
CREATE INDEX found ON words USING gist (a tsvector_ops (siglen = 32));
DROP INDEX near;
CREATE INDEX near ON words USING gist (b tsvector_ops (siglen = 128));
