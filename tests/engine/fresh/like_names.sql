-- A copy's names: own keys first, then those of the source; an index keeps the names that its columns had.
-- revision
CREATE TABLE s (a int UNIQUE DEFERRABLE, b int CHECK (b > 1) NO INHERIT, c int, CONSTRAINT k UNIQUE (c) INCLUDE (c), EXCLUDE USING btree (c WITH =));
CREATE INDEX ON s (lower(a::text), (b + 1));
ALTER TABLE s ADD CONSTRAINT late CHECK (a < 5) NOT VALID;
COMMENT ON CONSTRAINT late ON s IS 'c';
COMMENT ON INDEX s_a_key IS 'i';
-- revision
CREATE TABLE t (LIKE s INCLUDING ALL, UNIQUE (a), CHECK (b > 2));
CREATE TABLE u (LIKE s INCLUDING INDEXES INCLUDING COMMENTS, d int PRIMARY KEY);
-- revision
ALTER TABLE s RENAME a TO z;
CREATE TABLE v (LIKE s INCLUDING ALL);
ALTER TABLE t DROP CONSTRAINT late;
ALTER TABLE u RENAME CONSTRAINT u_c_c1_key TO kept;
-- revision
ALTER TABLE t RENAME TO t_old;
CREATE TABLE t (LIKE t_old INCLUDING ALL);
DROP TABLE t_old;
ALTER TABLE v DROP CONSTRAINT late;
