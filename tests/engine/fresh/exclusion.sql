-- Exclusion constraints with a predicate and an operator class.
-- revision
CREATE EXTENSION btree_gist;
CREATE TABLE t (room int, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&));
ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (room gist_int4_ops WITH =) WHERE (room > 5) DEFERRABLE;
-- revision
ALTER TABLE t DROP CONSTRAINT t_room_during_excl;
ALTER TABLE t RENAME room TO hall;
