-- The server names the columns of an index over expressions.
-- revision
CREATE TABLE t (a text, b text, c int);
CREATE INDEX ON t (lower(a));
CREATE INDEX ON t ((a || b));
CREATE INDEX ON t ((a || b), (b || a), c);
CREATE INDEX ON t ((c::text));
CREATE INDEX ON t (coalesce(a, b));
-- revision
DROP INDEX t_lower_idx;
DROP INDEX t_expr_idx;
DROP INDEX t_expr_expr1_c_idx;
