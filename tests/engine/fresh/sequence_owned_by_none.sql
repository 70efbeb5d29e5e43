-- A sequence that nothing owns outlives the table.
-- revision
CREATE TABLE a (id serial, other bigserial);
ALTER SEQUENCE a_id_seq OWNED BY NONE;
ALTER TABLE a ALTER id DROP DEFAULT;
-- revision
ALTER TABLE a DROP COLUMN other;
DROP TABLE a;
-- revision
CREATE TABLE a (id serial);
ALTER SEQUENCE a_id_seq RENAME TO first;
