-- DROP OWNED takes what a role owns.
-- revision
CREATE TABLE a (id int);
CREATE TABLE b (id int);
ALTER TABLE a OWNER TO app_writer;
GRANT SELECT ON b TO app_writer;
-- revision
DROP OWNED BY app_writer;
-- revision
CREATE TABLE IF NOT EXISTS a (id int, n text);
GRANT SELECT ON b TO app_writer;
