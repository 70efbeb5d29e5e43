-- Names are cut where they are too long.
-- revision
CREATE TABLE a_table_with_a_name_that_is_very_long_so_that_it_is_cut_somewhere (a_column_with_a_long_name_too int UNIQUE, b int CHECK (b > 0) REFERENCES a_table_with_a_name_that_is_very_long_so_that_it_is_cut_somewhere (a_column_with_a_long_name_too));
CREATE INDEX ON a_table_with_a_name_that_is_very_long_so_that_it_is_cut_somewhere (a_column_with_a_long_name_too, b);
-- revision
CREATE INDEX ON a_table_with_a_name_that_is_very_long_so_that_it_is_cut_somewhere (a_column_with_a_long_name_too, b);
ALTER TABLE a_table_with_a_name_that_is_very_long_so_that_it_is_cut_somewhere ADD c serial;
