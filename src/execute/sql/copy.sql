UNION ALL
SELECT 'progress', command, bytes_processed::text, bytes_total::text, NULL, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_stat_progress_copy WHERE pid OPERATOR(pg_catalog.=) {backend}
