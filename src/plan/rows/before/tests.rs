use super::*;
use crate::chain::directive::Directives;
use crate::statement::{Script, demands, read};

/// The obstacle to the last statement of a script.
fn of(script: &str, spreading: &[&str]) -> Option<Obstacle> {
    let Script { statements, .. } = read(script, &Directives::default()).unwrap();
    let place = |at: usize| format!("statement {}", at + 1);
    let (last, before) = statements.split_last().unwrap();
    let earlier: Vec<Earlier<'_>> = before
        .iter()
        .enumerate()
        .map(|(at, one)| Earlier { place: place(at), script: 0, effect: &one.effect, sql: one.sql(script) })
        .collect();
    let demands = demands(last.sql(script));
    let [demand, ..] = demands.as_slice() else { panic!("{script} demands nothing") };
    let spreading = spreading.iter().map(|&name| name.to_owned()).collect();
    let surroundings = Surroundings::default();
    let known = Known { surroundings: &surroundings, spreading: &spreading };
    obstacle(&Asked { demand, script: 0, own: &last.effect }, &earlier, known)
}

#[track_caller]
fn says(script: &str, wanted: &str) {
    let told = match of(script, &["t", "view"]) {
        None => "asked".to_owned(),
        Some(Obstacle::NoRows) => "no rows".to_owned(),
        Some(Obstacle::Unmade(why)) => format!("unmade: {why}"),
        Some(Obstacle::Changed(why)) => format!("changed: {why}"),
    };
    assert_eq!(told, wanted, "{script}");
}

#[test]
fn what_leaves_the_rows_as_they_are_is_in_nobodys_way() {
    for before in [
        "COMMENT ON TABLE t IS 'x'",
        "CREATE INDEX ON t (b)",
        "ALTER TABLE t ADD COLUMN z int",
        "ALTER TABLE u ADD COLUMN a int",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
        "ALTER TABLE t ALTER a SET DEFAULT 1",
        "ALTER TABLE t DROP COLUMN z",
        "UPDATE u SET a = 1",
        "CREATE TABLE n (a int); INSERT INTO n VALUES (1)",
        "SET lock_timeout = '5s'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT setval('s', 5)",
    ] {
        says(&format!("{before}; ALTER TABLE t ALTER a SET NOT NULL"), "asked");
    }
}

#[test]
fn what_may_change_the_answer_is_named() {
    let last = "ALTER TABLE t ALTER a SET NOT NULL";
    for (before, wanted) in [
        ("UPDATE t SET a = 1", "changed: statement 1 changes rows of t"),
        ("WITH gone AS (DELETE FROM t RETURNING a) SELECT 1", "changed: statement 1 changes rows of t"),
        ("DELETE FROM view", "changed: statement 1 may change rows of other tables than its own"),
        ("TRUNCATE u CASCADE", "changed: statement 1 may change rows of other tables than its own"),
        ("UPDATE u SET a = f(a)", "changed: statement 1 may change rows of other tables than its own"),
        ("DO $$ BEGIN EXECUTE 'x'; END $$", "changed: statement 1 may change what it meets, and is not read"),
        ("ALTER TABLE t ALTER a TYPE bigint", "changed: statement 1 changes a first"),
        ("ALTER TABLE t RENAME b TO a", "changed: statement 1 changes a first"),
        ("ALTER TABLE t ADD a int", "unmade: statement 1 makes a first"),
        ("ALTER TABLE o RENAME TO t", "changed: statement 1 changes t first"),
        ("CREATE TABLE t (a int)", "no rows"),
        ("CREATE TABLE t (a int); INSERT INTO t VALUES (1)", "changed: statement 2 changes rows of t"),
        ("SET ROLE other", "changed: statement 1 sets what it depends on"),
    ] {
        says(&format!("{before}; {last}"), wanted);
    }
}

#[test]
fn a_trigger_or_a_reference_that_the_run_makes_carries_changes_on() {
    let last = "UPDATE u SET a = 1; ALTER TABLE t ALTER a SET NOT NULL";
    for made in [
        "CREATE TRIGGER g AFTER UPDATE ON u EXECUTE FUNCTION f()",
        "ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES u ON UPDATE CASCADE",
        "CREATE RULE r AS ON UPDATE TO u DO ALSO NOTHING",
    ] {
        says(&format!("{made}; {last}"), "changed: statement 2 may change rows of other tables than its own");
    }
    says(&format!("ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES u; {last}"), "asked");
}

#[test]
fn a_column_of_nulls_keeps_to_a_reference_and_to_a_key() {
    let column = "ALTER TABLE t ADD COLUMN a int";
    says(&format!("{column}; ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u"), "no rows");
    says(&format!("{column}; ALTER TABLE t ADD UNIQUE (a, b)"), "no rows");
    says(&format!("{column} DEFAULT 1; ALTER TABLE t ADD UNIQUE (a)"), "unmade: statement 1 makes a first");
    says(&format!("{column}; ALTER TABLE t ADD CHECK (a IS NOT NULL)"), "unmade: statement 1 makes a first");
}

#[test]
fn an_expression_hangs_on_functions_types_and_settings_too() {
    let last = "ALTER TABLE t ADD CHECK (a > 0)";
    for (before, wanted) in [
        (
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "changed: statement 1 changes functions first",
        ),
        ("SET timezone = 'UTC'", "changed: statement 1 sets what it depends on"),
        ("ALTER TYPE mood RENAME VALUE 'low' TO 'sad'", "changed: statement 1 may change what it meets"),
    ] {
        says(&format!("{before}; {last}"), wanted);
    }
}
