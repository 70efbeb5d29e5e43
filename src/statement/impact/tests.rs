use super::*;

fn of(sql: &str) -> Impact {
    impact(sql, &|call| call.name == "own_random")
}

fn locks(sql: &str) -> String {
    of(sql).locks.iter().map(|lock| format!("{} on {}", lock.mode, lock.on)).collect::<Vec<_>>().join(", ")
}

fn work(sql: &str) -> &'static str {
    match of(sql).work.as_slice() {
        [] => "none",
        all if all.iter().any(|one| one.rewrites) => "rewrites",
        _ => "scans",
    }
}

#[test]
fn every_kind_of_statement_takes_the_lock_that_the_documentation_says() {
    for (sql, wanted) in [
        ("ALTER TABLE t ADD COLUMN a int", "ACCESS EXCLUSIVE on t"),
        ("ALTER TABLE s.t ADD FOREIGN KEY (a) REFERENCES u", "SHARE ROW EXCLUSIVE on s.t, SHARE ROW EXCLUSIVE on u"),
        ("ALTER TABLE t VALIDATE CONSTRAINT c", "SHARE UPDATE EXCLUSIVE on t"),
        ("ALTER TABLE t ALTER a SET STATISTICS 10, ADD CHECK (a > 0)", "ACCESS EXCLUSIVE on t"),
        ("ALTER TABLE t ALTER a SET STATISTICS 10", "SHARE UPDATE EXCLUSIVE on t"),
        ("ALTER TABLE t SET (fillfactor = 70)", "SHARE UPDATE EXCLUSIVE on t"),
        ("ALTER TABLE t ATTACH PARTITION p DEFAULT", "SHARE UPDATE EXCLUSIVE on t, ACCESS EXCLUSIVE on p"),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "SHARE UPDATE EXCLUSIVE on t"),
        ("ALTER TABLE t DISABLE TRIGGER ALL", "SHARE ROW EXCLUSIVE on t"),
        ("CREATE INDEX i ON t (a)", "SHARE on t"),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "SHARE UPDATE EXCLUSIVE on t"),
        ("DROP INDEX i", "ACCESS EXCLUSIVE on the table of index i"),
        ("DROP INDEX CONCURRENTLY i", "SHARE UPDATE EXCLUSIVE on the table of index i"),
        ("CREATE TABLE t (a int REFERENCES u)", "SHARE ROW EXCLUSIVE on u"),
        ("CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()", "SHARE ROW EXCLUSIVE on t"),
        ("ALTER TABLE t RENAME a TO b", "ACCESS EXCLUSIVE on t"),
        ("COMMENT ON COLUMN t.a IS 'x'", "SHARE UPDATE EXCLUSIVE on t"),
        ("UPDATE t SET a = 1", "ROW EXCLUSIVE on t"),
        ("TRUNCATE t, u", "ACCESS EXCLUSIVE on t, ACCESS EXCLUSIVE on u"),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY m", "EXCLUSIVE on m"),
        ("LOCK TABLE t IN SHARE MODE", "SHARE on t"),
        ("VACUUM t", "SHARE UPDATE EXCLUSIVE on t"),
        ("SELECT 1", ""),
    ] {
        assert_eq!(locks(sql), wanted, "{sql}");
    }
}

#[test]
fn what_reads_or_rewrites_every_row_is_told_apart() {
    for (sql, wanted) in [
        ("ALTER TABLE t ADD COLUMN a int", "none"),
        ("ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 1", "none"),
        ("ALTER TABLE t ADD COLUMN a timestamptz DEFAULT now()", "none"),
        ("ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()", "rewrites"),
        ("ALTER TABLE t ADD COLUMN a int DEFAULT own_random()", "rewrites"),
        ("ALTER TABLE t ADD COLUMN a serial", "rewrites"),
        ("ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS IDENTITY", "rewrites"),
        ("ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (b + 1) STORED", "rewrites"),
        ("ALTER TABLE t ALTER a SET NOT NULL", "scans"),
        ("ALTER TABLE t ADD CHECK (a > 0)", "scans"),
        ("ALTER TABLE t ADD CHECK (a > 0) NOT VALID", "none"),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u", "scans"),
        ("ALTER TABLE t ADD UNIQUE (a)", "scans"),
        ("ALTER TABLE t ADD UNIQUE USING INDEX i", "none"),
        ("ALTER TABLE t SET UNLOGGED", "rewrites"),
        ("CREATE INDEX i ON t (a)", "scans"),
        ("DROP TABLE t", "none"),
    ] {
        assert_eq!(work(sql), wanted, "{sql}");
    }
}

#[test]
fn a_type_change_rewrites_unless_the_values_stay_as_they_are() {
    let retype = |sql: &str| of(&format!("ALTER TABLE t ALTER a TYPE {sql}")).retypes.pop().expect("a type");
    for (from, to, kept) in [
        ("varchar(10)", "varchar(20)", true),
        ("varchar(20)", "varchar(10)", false),
        ("varchar(20)", "text", true),
        ("text", "varchar(20)", false),
        ("text", "text USING lower(a)", false),
        ("varchar(20)", "text USING a::text", true),
        ("int", "bigint", false),
        ("bigint", "int8", true),
        ("bigserial", "bigint", true),
        ("timestamptz", "timestamp with time zone", true),
        ("numeric(10,2)", "numeric(12,2)", true),
        ("numeric(10,2)", "numeric(12,0)", false),
        ("text", "uuid", false),
    ] {
        let (old, new) = (retype(from), retype(to));
        assert_eq!(is_kept(&old.to, &new.to, &new.by), kept, "{from} to {to}");
    }
}
