//! Scripts from text to statements or refusals.

use proptest::prelude::*;

use super::*;
use crate::chain::{checksum, directive};
use crate::pg::version::ServerVersion;
use crate::statement::{LockUse, TransactionUse};

fn script(text: &str) -> Script {
    let directives = directive::read(text).unwrap();
    read(text, &directives).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn one(text: &str) -> Statement {
    let mut script = script(text);
    assert_eq!(script.statements.len(), 1, "{text}");
    script.statements.remove(0)
}

fn errors(text: &str) -> Vec<String> {
    read(text, &directive::read(text).unwrap()).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn statements_are_cut_at_their_first_and_last_word() {
    let text = "\u{feff}-- head\r\n  SELECT 'é;' -- tail\r\n ; /* x */ ;;\nSELECT 2 /* end */";
    let found = script(text).statements;
    let all: Vec<_> = found.iter().map(|s| (&text[s.range.clone()], s.line, s.column)).collect();
    assert_eq!(all, [("SELECT 'é;'", 2, 3), ("SELECT 2", 4, 1)]);
    let atomic = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3";
    let found = script(atomic).statements;
    assert_eq!(&atomic[found[0].range.clone()], "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END");
}

#[test]
fn kinds_tags_and_locks_follow_from_the_tree() {
    use Kind::{Data, Definition, Maintenance, Opaque, Query, Session};
    use LockUse::{None, Queues};
    let cases = [
        ("ALTER TABLE t ADD c int", "ALTER TABLE", Definition, Queues),
        ("ALTER TABLE t VALIDATE CONSTRAINT c", "ALTER TABLE", Definition, None),
        ("ALTER TABLE t VALIDATE CONSTRAINT c, ADD d int", "ALTER TABLE", Definition, Queues),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "ALTER TABLE", Definition, None),
        ("ALTER TABLE t RENAME c TO d", "ALTER TABLE", Definition, Queues),
        ("ALTER VIEW v RENAME c TO d", "ALTER VIEW", Definition, Queues),
        ("ALTER FUNCTION f() OWNER TO x", "ALTER FUNCTION", Definition, None),
        ("ALTER TYPE e ADD VALUE 'x'", "ALTER TYPE", Definition, None),
        ("CREATE INDEX ON t (a)", "CREATE INDEX", Definition, Queues),
        ("CREATE INDEX CONCURRENTLY ON t (a)", "CREATE INDEX CONCURRENTLY", Definition, None),
        ("DROP INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY", Definition, None),
        ("DROP MATERIALIZED VIEW v", "DROP MATERIALIZED VIEW", Definition, Queues),
        ("CREATE TABLE t (a int)", "CREATE TABLE", Definition, None),
        ("CREATE TABLE t (a int REFERENCES u)", "CREATE TABLE", Definition, Queues),
        ("CREATE TABLE t PARTITION OF u DEFAULT", "CREATE TABLE", Definition, Queues),
        ("CREATE MATERIALIZED VIEW v AS SELECT f()", "CREATE MATERIALIZED VIEW", Definition, None),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE VIEW", Definition, Queues),
        ("CREATE TYPE e AS ENUM ('a')", "CREATE TYPE", Definition, None),
        ("CREATE AGGREGATE a (int) (sfunc = f, stype = int)", "CREATE AGGREGATE", Definition, None),
        ("COMMENT ON COLUMN t.c IS 'x'", "COMMENT", Definition, Queues),
        ("GRANT SELECT ON t TO r", "GRANT", Definition, None),
        ("SELECT 1 INTO t", "SELECT INTO", Definition, None),
        ("TRUNCATE t", "TRUNCATE TABLE", Data, Queues),
        ("INSERT INTO t SELECT f()", "INSERT", Data, None),
        ("COPY t FROM '/x'", "COPY", Data, None),
        ("WITH d AS (DELETE FROM t RETURNING 1) SELECT count(*) FROM d", "SELECT", Data, None),
        ("SELECT a FROM t WHERE b IN (1, 2)", "SELECT", Query, None),
        ("SELECT setval('s', 1)", "SELECT", Opaque, None),
        ("DO $$ BEGIN END $$", "DO", Opaque, None),
        ("EXPLAIN DELETE FROM t", "EXPLAIN", Query, None),
        ("EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN", Data, None),
        ("SELECT pg_catalog.set_config('search_path', '', false)", "SELECT", Session, None),
        ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS", Session, None),
        ("DISCARD TEMP", "DISCARD", Session, None),
        ("RESET ROLE", "RESET", Session, None),
        ("REINDEX TABLE t", "REINDEX", Maintenance, Queues),
        ("LOCK TABLE t", "LOCK TABLE", Maintenance, Queues),
        ("ANALYZE t", "ANALYZE", Maintenance, None),
    ];
    for (text, tag, kind, lock) in cases {
        let found = one(text);
        assert_eq!((found.tag.as_str(), found.kind, found.lock), (tag, kind, lock), "{text}");
    }
}

#[test]
fn what_runs_outside_a_transaction_depends_on_the_server() {
    let outside_from = |text: &str| match one(text).transaction {
        TransactionUse::Inside => None,
        TransactionUse::Outside => Some(0),
        TransactionUse::OutsideFrom(version) => Some(version.major()),
    };
    let cases = [
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", Some(0)),
        ("DROP INDEX CONCURRENTLY i", Some(0)),
        ("REINDEX (CONCURRENTLY) INDEX i", Some(0)),
        ("REINDEX TABLE CONCURRENTLY t", Some(0)),
        ("REINDEX (CONCURRENTLY off) TABLE t", None),
        ("REINDEX SCHEMA s", Some(0)),
        ("VACUUM t", Some(0)),
        ("ANALYZE t", None),
        ("CLUSTER", Some(0)),
        ("CLUSTER t USING i", None),
        ("CREATE DATABASE d", Some(0)),
        ("ALTER DATABASE d SET TABLESPACE x", Some(0)),
        ("ALTER DATABASE d SET work_mem = '1MB'", None),
        ("ALTER SYSTEM SET work_mem = '1MB'", Some(0)),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", Some(0)),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = false)", None),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)", None),
        ("ALTER SUBSCRIPTION s REFRESH PUBLICATION", Some(14)),
        ("ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)", None),
        ("ALTER SUBSCRIPTION s SET (failover = true)", Some(17)),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", Some(14)),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", None),
        ("ALTER TYPE e ADD VALUE 'x'", None),
    ];
    for (text, want) in cases {
        assert_eq!(outside_from(text), want, "{text}");
    }
    let detach = one("ALTER TABLE t DETACH PARTITION p CONCURRENTLY").transaction;
    assert!(detach.is_outside(ServerVersion(150_018)) && !detach.is_outside(ServerVersion(130_003)));
}

#[test]
fn no_secret_is_shown() {
    let cases = [
        ("ALTER ROLE r PASSWORD 'hunter2'", "ALTER ROLE r PASSWORD '…'"),
        ("CREATE USER u LOGIN PASSWORD E'hunter2'", "CREATE USER u LOGIN PASSWORD '…'"),
        ("CREATE USER u PASSWORD $$hunter2$$", "CREATE USER u PASSWORD '…'"),
        ("CREATE ROLE r VALID UNTIL '2030-01-01'", "CREATE ROLE r VALID UNTIL '2030-01-01'"),
        (
            "ALTER USER MAPPING FOR u SERVER s OPTIONS (SET password 'hunter2')",
            "ALTER USER MAPPING FOR u SERVER s OPTIONS (SET password '…')",
        ),
        ("ALTER SUBSCRIPTION s CONNECTION 'password=hunter2'", "ALTER SUBSCRIPTION s CONNECTION '…'"),
        ("ALTER SYSTEM SET primary_conninfo = 'password=hunter2'", "ALTER SYSTEM SET primary_conninfo = '…'"),
        ("SELECT 'fine' -- password 'hunter2'", "SELECT 'fine'"),
    ];
    for (text, want) in cases {
        assert_eq!(one(text).shown(text), want);
    }
    for text in [
        "ALTER ROLE r PASSWORD 'hunter2' FROM",
        "ALTER ROLE r FROM 'hunter2'",
        "ALTER ROLE r PASSWORD 'hunter2",
        "ALTER ROLE r PASSWORD hunter2",
        "ALTER ROLE r\nPASSWORD \"hunter2\"",
    ] {
        let found = errors(text);
        assert!(found.len() == 1 && !found[0].contains("hunter2"), "{found:?}");
    }
}

#[test]
fn one_begin_and_commit_around_the_script_are_dropped() {
    let found = script("-- lockgate:optional\nBEGIN;\nSELECT 1;\nCOMMIT;");
    assert_eq!(found.statements.len(), 1);
    assert_eq!(*found.statements[0].directives, [StatementDirective::Optional]);
    assert_eq!(found.notes.len(), 1);
    assert_eq!(script("START TRANSACTION; SELECT 1; END").statements.len(), 1);
    for text in ["BEGIN; SELECT 1", "SELECT 1; COMMIT", "BEGIN; BEGIN; SELECT 1; COMMIT; COMMIT; SELECT 1"] {
        assert!(errors(text)[0].contains("in a script: the gate begins and ends"), "{text}");
    }
    assert!(
        errors("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT")
            .iter()
            .any(|e| e.contains("leave the options out"))
    );
    assert_eq!(script("BEGIN; COMMIT").statements, []);
}

#[test]
fn everything_that_a_gate_cannot_run_is_refused_at_once() {
    let text = "SELECT 1;\nSAVEPOINT a;\n\\i other.sql\nDISCARD ALL;\n\
                SELECT 1, pg_catalog.PG_advisory_unlock_all();\nUPDATE t SET a = 1 WHERE pg_advisory_unlock(1);\n\
                COPY t FROM stdin WITH (FORMAT csv);\n1\tit's\n\\.\nCOPY t TO STDOUT;\nROLLBACK;\n";
    let found = errors(text);
    let places: Vec<_> = found.iter().map(|e| e.split(':').next().unwrap()).collect();
    let want = [
        "line 2, column 1",
        "line 3, column 1",
        "line 4, column 1",
        "line 5, column 11",
        "line 6, column 26",
        "line 7, column 1",
        "line 10, column 1",
        "line 11, column 1",
    ];
    assert_eq!(places, want, "{found:#?}");
}

#[test]
fn a_syntax_error_has_its_place_and_the_text_near_it() {
    let found = errors("\u{feff}SELECT 1;\r\n  SELECT 'é', FROM FROM t;\r\n");
    let want = "line 2, column 15: syntax error at or near \"FROM\"; near: SELECT '…', FROM FROM t;";
    assert_eq!(found, [want]);
    for (text, want) in [("SELECT 1\0", "NUL"), ("SELECT 'a", "line 1, column 8")] {
        assert!(errors(text)[0].contains(want), "{text}: {:?}", errors(text));
    }
}

#[test]
fn directives_belong_to_the_statement_below() {
    let text =
        "SELECT 1;\n-- lockgate:accept destructive\n-- lockgate:check \"c\" SELECT true;\n-- why\nDROP TABLE t;\n";
    let found = script(text);
    assert!(found.statements[0].directives.is_empty());
    assert_eq!(found.statements[1].directives.len(), 2);
    assert!(errors("SELECT\n-- lockgate:optional\n1").iter().any(|e| e.contains("in the middle of a statement")));
    let bad = errors("-- lockgate:unless SELECT FROM FROM\n-- lockgate:check \"x\" SELECT 1; SELECT 2\nSELECT 1");
    assert!(bad[0].contains("does not parse") && bad[1].contains("takes one query"), "{bad:?}");
}

#[test]
fn lock_timeout_in_the_script_is_seen() {
    assert!(one("SET LOCAL lock_timeout = '1s'").sets_lock_timeout);
    assert!(one("SELECT set_config('lock_timeout', '1s', true)").sets_lock_timeout);
    assert!(one("RESET ALL").sets_lock_timeout);
    assert!(!one("SELECT set_config('search_path', '', true)").sets_lock_timeout);
}

#[test]
fn deep_nesting_is_read_or_refused_and_never_kills() {
    for depth in [40, 400, 1_000, 2_000, 3_000, 5_000, 7_000, 10_000, 20_000] {
        let texts = [
            format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth)),
            format!("SELECT {}1{}", "(SELECT ".repeat(depth), ")".repeat(depth)),
            format!("SELECT 1{}", "+1".repeat(depth)),
            format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(depth)),
            format!("SELECT {}1{}", "f(".repeat(depth), ")".repeat(depth)),
            format!("SELECT {}1{}", "CASE WHEN true THEN ".repeat(depth), " END".repeat(depth)),
        ];
        for text in texts {
            let read = read(&text, &Directives::default());
            assert!(depth > 40 || read.is_ok(), "{depth}: {read:?}");
        }
    }
}

const SEEDS: &[&str] = &[
    "\u{feff}BEGIN;\nALTER TABLE t ADD COLUMN a text DEFAULT E'x\\'y', DROP b;\nCOMMIT;\n",
    "-- lockgate:optional\nCREATE INDEX CONCURRENTLY i ON \"é t\" (a); /* b /* c */ */ SELECT $q$;'$q$;\n",
    "\\restrict x\nCOPY t (a) FROM stdin;\n1\tit's\n\\.\nALTER ROLE r PASSWORD 'x';\n",
    "-- lockgate:check \"n\" SELECT true\n--   FROM t\nDO $$ BEGIN PERFORM 1; END $$; SELECT pg_advisory_unlock(1), 'é';\n",
];

fn never_panics(text: &str) {
    let directives = directive::read(text).unwrap_or_default();
    let _ = checksum::checksum(text);
    if let Ok(script) = read(text, &directives) {
        for statement in script.statements {
            assert!(!text[statement.range].is_empty());
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}|[-;'\"$E\\\\/*() \n\u{0}a-cé]{0,40}") {
        never_panics(&text);
    }

    #[test]
    fn mutated_sql_is_read_or_refused(
        seed in 0..SEEDS.len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..8usize, "[;'\"$\\\\()\n-]|\\*/|/\\*|é|\u{0}|COPY "), 1..6),
    ) {
        let mut chars: Vec<char> = SEEDS[seed].chars().collect();
        for (at, cut, insert) in edits {
            let at = at.index(chars.len() + 1);
            let end = chars.len().min(at + cut);
            chars.splice(at..end, insert.chars());
        }
        never_panics(&chars.into_iter().collect::<String>());
    }
}
