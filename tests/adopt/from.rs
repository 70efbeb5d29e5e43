//! The history of another tool says how far the chain ran; the catalog has to agree.

use super::{recorded, says, words};
use crate::layouts::beside::{CASES, Case, chain};
use crate::support::{Gate, TestDatabase};

const A: &str = "CREATE TABLE a (id int);\n";
const B: &str = "CREATE TABLE b (id int);\n";

fn left_by(case: &Case) -> TestDatabase {
    let database = TestDatabase::new();
    database.sql(&format!("CREATE TABLE a (id int); CREATE TABLE persons (id int); {}", case.theirs));
    database
}

#[test]
fn each_tools_history_is_adopted_and_the_chain_goes_on_without_the_tool() {
    for case in CASES {
        println!("{}", case.tool);
        let database = left_by(case);
        let gate = chain(&database, case);
        let outcome = gate.with(["adopt", "--from", case.tool]).run().expect(0);
        says(&outcome, &["recorded as adopted, without running"]);
        let kinds = "SELECT string_agg(DISTINCT kind, ' ') FROM lockgate_history";
        assert_eq!(database.value(kinds), "adopted", "{outcome}");
        gate.with(["migrate"]).run().expect(0);
        assert_eq!(database.value("SELECT to_regclass('b') IS NOT NULL"), "t", "{}", case.tool);
        gate.with(["status", "--check"]).run().expect(0);
    }
}

#[test]
fn where_the_catalog_says_otherwise_both_are_shown_and_nothing_is_recorded() {
    for case in CASES {
        println!("{}", case.tool);
        let gone = left_by(case);
        gone.sql("DROP TABLE a, persons");
        let outcome = chain(&gone, case).with(["adopt", "--from", case.tool]).run().expect(3);
        says(&outcome, &["do not agree", "is not all there", "applied, by "]);
        let more = left_by(case);
        more.sql(B);
        let outcome = chain(&more, case).with(["adopt", "--from", case.tool]).run().expect(3);
        says(&outcome, &["do not agree", "is in force"]);
        assert_eq!((recorded(&gone), recorded(&more)), (String::new(), String::new()));
    }
}

/// The names of the same two revisions in lockgate's own layout.
const NATIVE: &[(&str, &str, &str)] = &[
    ("prisma", "20240101000000_a.sql", "20240102000000_b.sql"),
    ("golang-migrate", "0001_a.sql", "0002_b.sql"),
    ("goose", "0001_a.sql", "0002_b.sql"),
    ("dbmate", "0001_a.sql", "0002_b.sql"),
    ("sqlx", "0001_a.sql", "0002_b.sql"),
    ("supabase", "20240101000000_a.sql", "20240102000000_b.sql"),
    ("diesel", "20240101000000_a.sql", "20240102000000_b.sql"),
    ("refinery", "01_a.sql", "02_b.sql"),
    ("node-pg-migrate", "1700000000000_a.sql", "1700000000001_b.sql"),
    ("graphile-migrate", "0001_a.sql", "0002_b.sql"),
    ("flyway", "0002_a.sql", "0003_b.sql"),
];

#[test]
fn a_chain_that_was_rewritten_as_lockgates_own_takes_the_tools_versions() {
    for (tool, first, second) in NATIVE {
        println!("{tool}");
        let case = CASES.iter().find(|case| case.tool == *tool).expect("a case");
        let database = left_by(case);
        let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(&[(first, A), (second, B)]);
        let outcome = gate.with(["adopt", "--from", tool, "--json"]).run().expect(0);
        assert_eq!(words(&outcome), "proved pending", "{outcome}");
        gate.with(["migrate"]).run().expect(0);
        assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "2");
    }
}

const SEED: &str = "INSERT INTO a VALUES (1);\n";

#[test]
fn alembics_table_decides_of_data_that_the_catalog_cannot_show() {
    for (version, code, words_of_all, rows) in [
        ("ae1027a6acf0", 0, "proved implied pending", "1"),
        ("28e1ce4c3187", 0, "proved pending pending", "2"),
        ("000000000000", 3, "proved pending pending", "1"),
    ] {
        println!("{version}");
        let database = TestDatabase::new();
        database.sql(&format!("{A}{SEED} CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('{version}')"));
        let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(&[
            ("28e1ce4c3187_a.sql", A),
            ("ae1027a6acf0_seed.sql", &format!("-- lockgate:after 28e1ce4c3187\n{SEED}")),
            ("4b77dfea8799_b.sql", &format!("-- lockgate:after ae1027a6acf0\n{B}")),
        ]);
        let outcome = gate.with(["adopt", "--from", "alembic", "--json"]).run().expect(code);
        assert_eq!(words(&outcome), words_of_all, "{outcome}");
        if code == 0 {
            gate.with(["migrate"]).run().expect(0);
            assert_eq!(database.value("SELECT count(*) FROM a"), rows);
        } else {
            assert_eq!(
                outcome.json()["from"]["problems"][0],
                "Alembic has applied 000000000000, which this chain does not have"
            );
            assert_eq!(recorded(&database), "");
        }
    }
}

#[test]
fn a_history_that_is_not_there_not_its_or_not_trusted_is_refused() {
    let database = TestDatabase::new();
    database.sql(A);
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_a.sql", A), ("0002_b.sql", B)]);
    let from = |tool: &str| gate.with(["adopt", "--from", tool]).run().expect(65);
    says(&from("goose"), &["LG0516", "no table public.goose_db_version"]);
    says(&from("alembic"), &["LG0516", "no table public.alembic_version"]);
    database.sql("CREATE TABLE goose_db_version (id int)");
    says(&from("goose"), &["LG0506", "is not the history of goose"]);
    let goose = CASES.iter().find(|case| case.tool == "goose").expect("a case");
    database.sql(&format!("DROP TABLE goose_db_version; {}", goose.theirs));
    let stranger = format!("stranger_{}", database.name());
    database.sql(&format!("CREATE ROLE {stranger}; ALTER TABLE goose_db_version OWNER TO {stranger}"));
    says(&from("goose"), &["LG0515", &stranger]);
    assert_eq!(recorded(&database), "");
    database.sql(&format!("ALTER TABLE goose_db_version OWNER TO CURRENT_USER; DROP ROLE {stranger}"));
    gate.with(["adopt", "--from", "goose:public.goose_db_version"]).run().expect(0);
    let kept = gate.clone().env("LOCKGATE_COEXIST", "goose").env("LOCKGATE_LAYOUT", "goose");
    says(&kept.with(["adopt"]).run().expect(78), &["LG0206"]);
}

#[test]
fn an_alembic_chain_has_its_history_already() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text");
    gate.write("ae1027a6acf0_users.py", "revision = 'ae1027a6acf0'\ndown_revision = None\ndef upgrade():\n    pass\n");
    let gate = gate.env("LOCKGATE_LAYOUT", "alembic");
    says(&gate.with(["adopt"]).run().expect(78), &["LG0206", "there is nothing to adopt"]);
}
