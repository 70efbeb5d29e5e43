//! Random small tables with rows, and random statements that rows may refuse: `plan --check-data` is compared with the result of
//! `migrate`. The seed is printed; `LOCKGATE_TEST_SEED=SEED` makes the same again, `LOCKGATE_TEST_CASES=N` makes more.

use std::fmt::Write;

use serde_json::Value;

use super::{rows_of, statements};
use crate::support::{Gate, Outcome, TestDatabase};

const CASES: u64 = 12;

/// A linear congruential generator: the same everywhere for a seed (Knuth, MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).expect("a small number")
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

/// `p` is pointed to by `t`; most rows keep to most rules.
fn base(random: &mut Random) -> String {
    let mut sql = "CREATE TYPE mood AS ENUM ('low', 'high'); CREATE DOMAIN small AS int;
CREATE TABLE p (id int PRIMARY KEY, x int, y int, UNIQUE (x, y));
CREATE TABLE t (id int PRIMARY KEY, a int, b text, x int, y int, d small, m text);
CREATE TABLE u (n int, s text);\n"
        .to_owned();
    for id in 1..=3 {
        let _ = writeln!(sql, "INSERT INTO p VALUES ({id}, {id}, {});", random.of(&["1", "2", "NULL"]));
    }
    for id in 1..=random.below(8) {
        let values = [
            random.of(&["1", "2", "3", "4", "5", "6", "7", "8", "9", "NULL", "-1"]),
            random.of(&["'1'", "'22'", "'x'", "'X'", "''", "NULL", "'7.5'", "'2024-02-30'", "'12345678901'"]),
            random.of(&["1", "2", "3", "NULL", "1", "2"]),
            random.of(&["1", "2", "NULL"]),
            random.of(&["1", "50", "NULL", "-3"]),
            random.of(&["'low'", "'high'", "'low'", "'mad'"]),
        ];
        let _ = writeln!(sql, "INSERT INTO t VALUES ({id}, {});", values.join(", "));
    }
    for _ in 0..random.below(4) {
        let _ = writeln!(sql, "INSERT INTO u VALUES ({}, {});", random.of(&["1", "2"]), random.of(&["'a'", "NULL"]));
    }
    sql
}

const RULES: &[&str] = &[
    "ALTER TABLE t ADD CHECK (a > 0)",
    "ALTER TABLE t ADD CHECK (a < 9 OR b IS NULL)",
    "ALTER TABLE t ADD CHECK (length(b) < 5)",
    "ALTER TABLE t ADD CHECK (b::numeric > 0)",
    "ALTER TABLE t ADD CHECK (x IS NOT NULL OR y IS NULL), ADD CHECK (a IS NOT NULL)",
    "ALTER TABLE t ALTER a SET NOT NULL",
    "ALTER TABLE t ALTER b SET NOT NULL, ALTER x SET NOT NULL",
    "ALTER TABLE t ADD UNIQUE (a)",
    "ALTER TABLE t ADD UNIQUE (x, y)",
    "CREATE UNIQUE INDEX ON t (lower(b))",
    "CREATE UNIQUE INDEX ON t (x) WHERE y = 1",
    "CREATE UNIQUE INDEX CONCURRENTLY concurrent ON t (d)",
    "ALTER TABLE u ADD PRIMARY KEY (n)",
    "ALTER TABLE u ADD PRIMARY KEY (n, s)",
    "ALTER TABLE u ADD COLUMN id int PRIMARY KEY",
    "ALTER TABLE u ADD COLUMN c int NOT NULL",
    "ALTER TABLE u ADD COLUMN e int NOT NULL DEFAULT 1",
    "ALTER TABLE t ADD FOREIGN KEY (x) REFERENCES p",
    "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p (id)",
    "ALTER TABLE t ADD FOREIGN KEY (x, y) REFERENCES p (x, y)",
    "ALTER TABLE t ADD FOREIGN KEY (x, y) REFERENCES p (x, y) MATCH FULL",
    "ALTER TABLE t ADD CONSTRAINT later CHECK (a > 1) NOT VALID",
    "ALTER TABLE t VALIDATE CONSTRAINT later",
    "ALTER TABLE t ALTER b TYPE int USING b::int",
    "ALTER TABLE t ALTER b TYPE date USING b::date",
    "ALTER TABLE t ALTER b TYPE varchar(3)",
    "ALTER TABLE t ALTER b TYPE varchar(3) USING b::varchar(3)",
    "ALTER TABLE t ALTER m TYPE mood USING m::mood",
    "ALTER TABLE t ALTER a TYPE smallint",
    "ALTER TABLE t ALTER a TYPE int USING nullif(a, 3)",
    "ALTER TABLE t ALTER x TYPE bigint",
    "ALTER DOMAIN small ADD CHECK (VALUE < 40)",
    "ALTER DOMAIN small ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID",
    "ALTER DOMAIN small VALIDATE CONSTRAINT positive",
    "ALTER DOMAIN small SET NOT NULL",
    "ALTER TABLE u ADD EXCLUDE (n WITH =)",
];

/// Changes of rows, or of a rule's objects, before the run.
const CHANGES: &[&str] = &[
    "UPDATE t SET a = id + 20",
    "UPDATE t SET b = id::text",
    "UPDATE t SET x = 1, y = 1 WHERE x IS NULL OR y IS NULL",
    "UPDATE t SET d = 5",
    "DELETE FROM t WHERE id > 1",
    "DELETE FROM u",
    "INSERT INTO t (id, a) VALUES (100, 1)",
    "INSERT INTO p (id) VALUES (77)",
    "TRUNCATE u",
    "DO $$ BEGIN UPDATE t SET a = id; END $$",
    "ALTER TABLE t ADD COLUMN z int",
    "ALTER TABLE t RENAME a TO q; ALTER TABLE t RENAME q TO a",
    "CREATE TABLE other (a int); INSERT INTO other VALUES (1)",
    "COMMENT ON TABLE t IS 'x'",
    "SET lock_timeout = '5s'",
];

fn pending(random: &mut Random) -> Vec<String> {
    let script = |random: &mut Random| {
        let mut statements = Vec::new();
        for _ in 0..=random.below(2) {
            if random.below(3) == 0 {
                statements.push(random.of(CHANGES));
            }
            statements.push(random.of(RULES));
        }
        statements.join(";\n")
    };
    (0..=random.below(3)).map(|_| script(random)).collect()
}

#[test]
fn what_the_plan_says_of_random_rows_is_what_migrate_meets() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let now = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
    let seed = number("LOCKGATE_TEST_SEED").unwrap_or(now);
    let cases = number("LOCKGATE_TEST_CASES").unwrap_or(CASES);
    eprintln!("LOCKGATE_TEST_SEED={seed} LOCKGATE_TEST_CASES={cases} makes the same again");
    let mut told = Told::default();
    for case in 0..cases {
        let mut random = Random(seed.wrapping_add(case).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (base, pending) = (base(&mut random), pending(&mut random));
        let context =
            format!("LOCKGATE_TEST_SEED={} LOCKGATE_TEST_CASES=1\n{base}{pending:#?}", seed.wrapping_add(case));
        one(&base, &pending, &context, &mut told);
    }
    eprintln!("{told:?}");
}

/// The counts of the answers.
#[derive(Debug, Default)]
#[allow(dead_code, reason = "printed")]
struct Told {
    refused_and_failed: u32,
    kept_and_passed: u32,
    failed_without_a_word: u32,
    foretold_otherwise: u32,
}

fn one(base: &str, pending: &[String], context: &str, told: &mut Told) {
    let database = TestDatabase::new();
    let gate = Gate::new(&database);
    gate.write("0001_base.sql", base);
    gate.with(["migrate"]).run().expect(0);
    for (at, script) in pending.iter().enumerate() {
        gate.write(&super::file(at), script);
    }
    let plan = gate.with(["plan", "--check-data", "--json"]).run();
    let document = plan.json();
    let outcome = gate.with(["migrate"]).run();
    let failed = failure(&outcome);
    if !plan.stderr.contains("LG0605") && plan.code == Some(65) {
        // Refused for another reason: migrate runs nothing.
        told.foretold_otherwise += 1;
        assert_eq!(outcome.code, Some(65), "{context}\n{plan}{outcome}");
        return;
    }
    let mut is_refused = false;
    for statement in statements(&document) {
        let place = (statement["file"].as_str().expect("a file"), statement["line"].as_u64().expect("a line"));
        let answers: Vec<&str> = rows_of(statement).iter().filter_map(|row| row["answer"].as_str()).collect();
        let says_refused = answers.contains(&"refused");
        is_refused |= says_refused;
        let fails = failed.as_ref().is_some_and(|failed| (failed.file.as_str(), failed.line) == place);
        if !fails {
            assert!(!says_refused, "{place:?} was called refused, and passed\n{context}\n{plan}{outcome}");
            told.kept_and_passed += u32::from(answers.contains(&"kept"));
            continue;
        }
        // Two primary keys, a cast that is missing: no row is to blame.
        let is_of_rows = failed.as_ref().is_some_and(|failed| failed.is_of_rows);
        let is_sure = is_of_rows && !answers.is_empty() && answers.iter().all(|answer| *answer == "kept");
        assert!(!is_sure, "{place:?} was called kept, and failed\n{context}\n{plan}{outcome}");
        if says_refused {
            told.refused_and_failed += 1;
            same_count(statement, failed.as_ref().and_then(|failed| failed.rows), context, &outcome);
        } else {
            told.failed_without_a_word += 1;
        }
        break;
    }
    assert_eq!(failed.is_some(), outcome.code != Some(0), "{context}\n{plan}{outcome}");
    if is_refused {
        assert_eq!((plan.code, outcome.code), (Some(65), Some(65)), "{context}\n{plan}{outcome}");
    }
}

/// The plan counts for each part of a statement, the failure for the part that the server met first.
fn same_count(statement: &Value, rows: Option<u64>, context: &str, outcome: &Outcome) {
    let Some(rows) = rows else { return };
    let counted: Vec<u64> = rows_of(statement).iter().filter_map(|row| row["rows"].as_u64()).collect();
    assert!(counted.contains(&rows), "{counted:?} were said, and {rows} met\n{context}\n{outcome}");
}

struct Failure {
    file: String,
    line: u64,
    rows: Option<u64>,
    /// A violated constraint, or a value that a type does not take.
    is_of_rows: bool,
}

/// The place at which a run failed, from a field of the log.
fn failure(outcome: &Outcome) -> Option<Failure> {
    let log = outcome.log();
    let told = log.iter().rev().find(|line| line["line"].is_u64() && line["sqlstate"].is_string())?;
    let is_of_rows = ["22", "23"].contains(&&told["sqlstate"].as_str()?[..2]);
    Some(Failure {
        file: told["file"].as_str()?.to_owned(),
        line: told["line"].as_u64()?,
        rows: told["rows"].as_u64(),
        is_of_rows,
    })
}
