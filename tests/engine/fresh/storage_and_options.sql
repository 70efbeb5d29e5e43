-- Each option that is written is kept.
-- revision
CREATE TABLE t (a text, b int) WITH (fillfactor = 70, autovacuum_enabled = off, toast.autovacuum_enabled = off);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER a SET STATISTICS 10, ALTER a SET (n_distinct = 5, n_distinct_inherited = 6);
-- revision
ALTER TABLE t SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.1);
ALTER TABLE t RESET (autovacuum_enabled, toast.autovacuum_enabled);
ALTER TABLE t ALTER a SET STORAGE MAIN, ALTER a RESET (n_distinct);
-- revision
ALTER TABLE t SET (toast.autovacuum_vacuum_threshold = 9);
ALTER TABLE t ALTER a TYPE varchar(9);
ALTER TABLE t ALTER a SET STATISTICS -1;
