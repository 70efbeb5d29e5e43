-- SELECT f() makes a table.
-- revision
CREATE FUNCTION make(n text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('CREATE TABLE %I (id int)', n || '_log'); END $$;
SELECT make('a');
-- revision
ALTER TABLE a_log ADD COLUMN x int;
CREATE TABLE IF NOT EXISTS a_log (id int);
DROP TABLE IF EXISTS b_log;
