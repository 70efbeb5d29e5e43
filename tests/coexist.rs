//! A compiled chain beside Alembic's own version table: either continues from the other's position.

mod random; // random graphs, handed over between the two at random

use std::time::Duration;

use crate::support::{Alembic, Gate, Revision, TestDatabase, says};

fn revision(id: &str, down: &[&str]) -> Revision {
    let up = format!("CREATE TABLE t_{id} (id int PRIMARY KEY); CREATE INDEX i_{id} ON t_{id} (id);");
    Revision::sql(id, down, &up, &format!("DROP TABLE t_{id};"))
}

/// `a`, `b` and `c` behind it, `m` behind both, `n`.
fn diamond() -> Vec<Revision> {
    vec![
        revision("a", &[]),
        revision("b", &["a"]),
        revision("c", &["a"]),
        revision("m", &["b", "c"]),
        revision("n", &["m"]),
    ]
}

fn gate(database: &TestDatabase) -> Gate {
    let gate = Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").env("LOCKGATE_COEXIST", "alembic");
    gate.project(&diamond());
    gate.args(["migrate"])
}

fn version(database: &TestDatabase) -> String {
    let rows = "SELECT coalesce(string_agg(version_num, '+' ORDER BY version_num), 'base') FROM alembic_version";
    database.value(rows)
}

fn history(database: &TestDatabase) -> String {
    database.value(
        "SELECT coalesce(string_agg(concat(revision, ' ', kind), ', ' ORDER BY revision), '') FROM lockgate_history",
    )
}

/// The version table, as Alembic makes it.
const MADE: &str = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))";

#[test]
fn either_goes_on_where_the_other_stands_up_and_down() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    let Some(mut alembic) = Alembic::start(&gate, &database) else { return };
    alembic.does("upgrade b");
    gate.with(["migrate", "m"]).run().expect(0);
    assert_eq!(version(&database), "m");
    assert_eq!(history(&database), "a adopted, b adopted, c applied, m applied");
    alembic.does("upgrade heads");
    gate.with(["status", "--check"]).run().expect(0);
    says(&gate.run().expect(0), &["recorded what Alembic has applied", "at head n"]);
    alembic.does("check");

    // The way back, by either.
    gate.with(["down", "a", "--yes"]).run().expect(0);
    assert_eq!(version(&database), "a");
    alembic.does("upgrade c");
    gate.run().expect(0);
    alembic.does("check");
    alembic.does("downgrade m");
    assert_eq!(gate.with(["status", "--json"]).run().expect(0).json()["pending"], serde_json::json!(["n"]));
    says(&gate.run().expect(0), &["forgotten, because Alembic has taken them back", "1 revision applied"]);
    alembic.does("check");
    alembic.does("downgrade base");
    gate.run().expect(0);
    gate.with(["down", "base", "--yes"]).run().expect(0);
    assert_eq!(version(&database), "base");
    alembic.does("upgrade heads");
    gate.run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "5");
}

#[test]
fn its_word_is_held_against_the_catalog() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    database.sql(&format!("CREATE TABLE t_a (id int PRIMARY KEY); {MADE}; INSERT INTO alembic_version VALUES ('n')"));
    let refused = gate.run().expect(65);
    says(
        &refused,
        &["error[LG0516]", "public.alembic_version says that 5 revisions are applied", "i_a", "was it stamped?"],
    );
    says(&refused, &["m_x.sql:6:1", "alembic stamp"]);
    assert_eq!(database.value("SELECT to_regclass('lockgate_history') IS NULL"), "t");
    // A read-only command reports the state of the table.
    gate.with(["wait"]).run().expect(0);

    // Set back by hand to the revision whose objects exist: the rest is applied.
    database.sql("CREATE INDEX i_a ON t_a (id); UPDATE alembic_version SET version_num = 'a'");
    gate.run().expect(0);
    assert_eq!((version(&database).as_str(), history(&database).contains("a adopted, b applied")), ("n", true));
    // Set back although it is there: recorded again, and nothing runs.
    database.sql("UPDATE alembic_version SET version_num = 'm'");
    says(&gate.run().expect(0), &["2 satisfied"]);
    assert_eq!(version(&database), "n");
}

#[test]
fn rows_that_no_file_has_are_ahead_a_gap_or_anothers() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    database.sql(&format!("{MADE}; INSERT INTO alembic_version VALUES ('z')"));
    says(&gate.run().expect(65), &["error[LG0505]", "knows none of this chain's revisions", "it has z"]);
    let named = gate.clone().env("LOCKGATE_COEXIST", "alembic:public.alembic_version");
    says(&named.run().expect(0), &["the database is ahead of this chain"]);
    says(&named.env("LOCKGATE_AHEAD", "fail").run().expect(65), &["error[LG0504]"]);

    database.sql("UPDATE alembic_version SET version_num = 'a'; INSERT INTO alembic_version VALUES ('z'); CREATE TABLE t_a (id int PRIMARY KEY); CREATE INDEX i_a ON t_a (id)");
    says(&gate.run().expect(65), &["error[LG0502]"]);
    // A revision in our own history belongs to this chain, even if a newer release wrote to the table since.
    database.sql("DELETE FROM alembic_version WHERE version_num = 'z'");
    gate.run().expect(0);
    database.sql("UPDATE alembic_version SET version_num = 'z'");
    says(&gate.run().expect(0), &["the database is ahead of this chain"]);
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "5");
}

#[test]
fn the_table_is_made_as_alembic_makes_it_and_takes_every_id() {
    let shape = "SELECT format_type(a.atttypid, a.atttypmod), a.attnotnull, (SELECT string_agg(concat(o.conname, ' ', \
                 pg_get_constraintdef(o.oid)), ' ') FROM pg_constraint o WHERE o.conrelid = a.attrelid AND o.contype = 'p') FROM pg_attribute a WHERE a.attrelid = \
                 'alembic_version'::regclass AND a.attnum > 0";
    let [ours, theirs] = [TestDatabase::new(), TestDatabase::new()];
    gate(&ours).run().expect(0);
    let other = gate(&theirs);
    if let Some(mut alembic) = Alembic::start(&other, &theirs) {
        alembic.does("upgrade heads");
        assert_eq!(ours.query_text(shape), theirs.query_text(shape));
    }
    assert_eq!(version(&ours), "n");

    // Alembic's own is 32 characters wide.
    let long = "o_0123456789_0123456789_0123456789";
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate", "m"]).run().expect(0);
    gate.project(&[revision(long, &["n"])]);
    says(&gate.run().expect(65), &["error[LG0205]", "version_num takes 32 characters", long]);
    assert_eq!(version(&database), "m");
    let fresh = TestDatabase::new();
    gate.env("LOCKGATE_DATABASE_URL", fresh.url()).run().expect(0);
    assert_eq!(version(&fresh), long);
}

#[test]
fn an_alembic_that_runs_is_waited_for_and_gone_on_from() {
    let database = TestDatabase::new();
    let gate = gate(&database).env("LOCKGATE_DDL_LOCK_TIMEOUT", "200ms");
    gate.with(["migrate", "a"]).run().expect(0);
    let other = database.session();
    other.sql("BEGIN; CREATE TABLE t_b (id int PRIMARY KEY); CREATE INDEX i_b ON t_b (id); UPDATE alembic_version SET version_num = 'b'");
    let mut running = gate.spawn();
    running.says("rolled back, will try again");
    other.sql("COMMIT");
    let outcome = running.wait(Duration::from_secs(60)).expect(0);
    says(&outcome, &["the tool's history has moved", "public\".\"alembic_version\" says b", "at head n"]);
    assert_eq!(history(&database), "a applied, b adopted, c applied, m applied, n applied");
    assert_eq!(version(&database), "n");
}

#[test]
fn a_compiled_chain_asks_whether_its_version_table_counts() {
    let database = TestDatabase::new();
    let gate = gate(&database).env_remove("LOCKGATE_COEXIST");
    database.sql(&format!(
        "CREATE TABLE t_a (id int PRIMARY KEY); CREATE INDEX i_a ON t_a (id); {MADE}; INSERT INTO alembic_version VALUES ('a')"
    ));
    says(&gate.run().expect(65), &["error[LG0513]", "Alembic has applied 1 revision here", "LOCKGATE_COEXIST=alembic"]);
    gate.with(["adopt", "--from", "alembic"]).run().expect(0);
    gate.run().expect(0);
    assert_eq!(version(&database), "a");
    // Kept beside ours from now on: existing objects are recorded again, and the table catches up.
    gate.env("LOCKGATE_COEXIST", "alembic").run().expect(0);
    assert_eq!(version(&database), "n");
}
