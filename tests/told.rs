//! A run that waits, is stopped or is refused: it says the truth, and gives only advice that is worth following.

use crate::support::{Cluster, Gate, HELD, Hold, NoStandby, TestDatabase, eventually};

fn gate(database: &TestDatabase, files: &[(&str, &str)]) -> Gate {
    Gate::new(database).chain(files).args(["migrate"])
}

#[test]
fn a_commit_that_no_standby_confirms_is_named_and_after_a_signal_nothing_more_is_begun() {
    let cluster = Cluster::start_private(&[]);
    let database = TestDatabase::on(&cluster);
    let files = [("0001_a.sql", "CREATE TABLE a ()"), ("0002_b.sql", "CREATE TABLE b ()"), ("0003_c.sql", "SELECT 1")];
    let gate = gate(&database, &files);
    let away = NoStandby::on(&cluster);
    let mut running = gate.clone().listening().spawn();
    eventually("the wait is seen", || {
        let status = running.http_get("/status").json();
        status["running"]["waits_for"].as_str().is_some_and(|what| what.contains("synchronous_standby_names = '*'"))
    });
    running.says("applying 0001 (1 of 1: COMMIT): the statement waits for a synchronous standby");

    running.terminate();

    let failed = running.wait_patiently().fails(143, "LG0801");
    drop(away);
    assert_eq!(failed.message, "stopped before 0002 was begun");
    for wanted in [
        "the database stands at 0001; 0002 and 1 more revision were not begun",
        "0001 is committed on this server, and confirmed by no synchronous standby",
    ] {
        assert!(failed.details.contains(wanted) && failed.outcome.termination_log.contains(wanted), "{failed:?}");
    }
    assert_eq!(database.value("SELECT string_agg(revision, ' ') FROM lockgate_history"), "0001");
    gate.run().expect(0);
}

#[test]
fn a_prepared_transaction_in_the_way_is_named_to_the_end() {
    let database = TestDatabase::new();
    database.sql("CREATE TABLE t ()");
    database.sql("BEGIN; LOCK TABLE t IN ROW SHARE MODE; PREPARE TRANSACTION 'it''s 4711'");
    let gate = gate(&database, &[("0001_a.sql", "ALTER TABLE t ADD COLUMN x int")])
        .env("LOCKGATE_DDL_LOCK_TIMEOUT", "400ms")
        .env("LOCKGATE_DDL_LOCK_RETRY_FOR", "2s");

    let outcome = gate.run();

    database.sql("ROLLBACK PREPARED 'it''s 4711'");
    let failed = outcome.fails(75, "LG0402");
    assert!(
        failed.details.contains("prepared transaction 'it''s 4711', since ") && failed.details.contains(", role app")
    );
    let ended = "COMMIT PREPARED 'it''s 4711' or ROLLBACK PREPARED 'it''s 4711'";
    assert!(failed.next.contains(ended) && failed.outcome.termination_log.contains(ended), "{failed:?}");
    assert!(failed.details.contains("the database stands at base"), "{failed:?}");
}

#[test]
fn a_statement_that_takes_long_is_spoken_of_with_its_place_and_an_error_says_what_is_left() {
    let database = TestDatabase::new();
    let hold = Hold::on(&database);
    let long = format!("CREATE TABLE b ();\n{HELD}\nSELECT 1/0;");
    let files =
        [("0001_a.sql", "CREATE TABLE a ()"), ("0002_b.sql", long.as_str()), ("0003_c.sql", "CREATE TABLE c ()")];
    let mut running = gate(&database, &files).listening().spawn();
    hold.reached();
    running.says("applying 0002 (2 of 3: SELECT): the statement waits for pid ");
    let status = running.http_get("/status").json();
    assert_eq!((&status["running"]["statement"], &status["running"]["statements"]), (&2.into(), &3.into()), "{status}");
    hold.release();

    let failed = running.wait_patiently().fails(65, "LG0601");

    let stands = "the database stands at 0001; nothing of 0002 is left; 0003 was not begun";
    assert!(failed.details.contains(stands), "{failed:?}");
}

#[test]
fn what_is_committed_of_a_revision_in_segments_is_said() {
    let database = TestDatabase::new();
    let files = [("0001_a.sql", "CREATE TABLE a (i int);\nCREATE INDEX CONCURRENTLY ai ON a (i);\nSELECT 1/0;")];

    let failed = gate(&database, &files).run().fails(65, "LG0601");

    let half = "0001 is half done: 2 of 3 statements are committed, and the next run goes on from there";
    assert!(failed.details.contains(half), "{failed:?}");
    assert!(failed.outcome.stderr.contains("applying 0001 (2 of 3: CREATE INDEX"), "{failed:?}");
}

#[test]
fn a_signal_is_heard_while_scripts_are_judged_and_nothing_is_said_to_be_cancelled() {
    let database = TestDatabase::new();
    let rows: String = (0..40_000).map(|row| format!("INSERT INTO a VALUES ({row});\n")).collect();
    let files = [("0001_a.sql", "CREATE TABLE a (i int)"), ("0002_b.sql", rows.as_str())];
    let mut running = gate(&database, &files).env("LOCKGATE_LOG", "lockgate=debug").spawn();
    running.says("\"planning\"");

    running.terminate();

    let failed = running.wait_patiently().fails(143, "LG0801");
    assert_eq!(failed.message, "stopped while planning");
    assert!(
        failed
            .details
            .contains("the database stands at base: no revision is applied; 0001 and 1 more revision were not begun")
    );
    assert!(!failed.outcome.stderr.contains("cancelling"), "{}", failed.message);
    assert_eq!(database.value("SELECT to_regclass('a') IS NULL"), "t");
}

#[test]
fn what_is_refused_of_the_history_is_not_called_the_scripts() {
    let database = TestDatabase::new();
    database.sql(
        "CREATE FUNCTION frozen() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'DDL is frozen'; END $$;
         CREATE EVENT TRIGGER frozen ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION frozen()",
    );
    let gate = gate(&database, &[("0001_a.sql", "SELECT 1")]);

    let made = gate.run().fails(65, "LG0601");
    database.sql("DROP EVENT TRIGGER frozen");
    gate.run().expect(0);
    database.sql("ALTER TABLE lockgate_history ADD CHECK (revision <> '0002')");
    gate.write("0002_b.sql", "CREATE TABLE b ()");
    let written = gate.run().fails(65, "LG0601");

    assert_eq!(
        made.message,
        "the history table public.lockgate_history could not be made: DDL is frozen (SQLSTATE P0001)"
    );
    assert!(made.details.contains("statement: CREATE TABLE public.lockgate_history, of lockgate's own"), "{made:?}");
    assert!(
        written.message.starts_with("the history table public.lockgate_history could not be written: "),
        "{written:?}"
    );
    assert!(
        made.next.contains("not the script's") && written.next.contains("not the script's"),
        "{made:?} {written:?}"
    );
    assert!(written.details.contains("the database stands at 0001; nothing of 0002 is left"), "{written:?}");
}

/// Statements that ran before the gate comes, the chain, and the texts that the plan must contain, and must not contain.
struct Case {
    before: &'static str,
    files: &'static [(&'static str, &'static str)],
    says: &'static [&'static str],
    never: &'static [&'static str],
}

const CASES: &[Case] = &[
    // Code that is not read may have made it: no advice says to drop it.
    Case {
        before: "CREATE TABLE customers (id int NOT NULL); CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS \
                 'BEGIN RETURN NEW; END'; CREATE TRIGGER customers_audit AFTER INSERT ON customers FOR EACH ROW EXECUTE \
                 FUNCTION audit()",
        files: &[
            ("001_init.sql", "CREATE TABLE customers (id int NOT NULL)"),
            (
                "002_audit.sql",
                "CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\nDO $$ BEGIN EXECUTE \
                 format('CREATE TRIGGER %I AFTER INSERT ON %I FOR EACH ROW EXECUTE FUNCTION audit()', 'customers_audit', \
                 'customers'); END $$",
            ),
        ],
        says: &[
            "002_audit.sql:2 runs code that is not read and names customers",
            "lockgate stamp 001, if all of 001 ran",
            "lockgate stamp 002, if all of 002 ran, and all of 001 before it",
        ],
        never: &["drop it", "DROP", "REVISION"],
    },
    // First the query for the rows, then both ways, one spelling of a type.
    Case {
        before: "CREATE TABLE products (id bigint NOT NULL, sku varchar(80))",
        files: &[("001_init.sql", "CREATE TABLE products (id int8 NOT NULL, sku varchar(40))")],
        says: &[
            "the chain:    varchar(40)",
            "the database: varchar(80)",
            "choose: SELECT \"sku\" FROM \"public\".\"products\" WHERE pg_catalog.length(\"sku\") > 40;",
            "or: ALTER TABLE \"public\".\"products\" ALTER COLUMN \"sku\" TYPE varchar(40);",
            "or: accept the database's in a new revision: ALTER TABLE \"public\".\"products\" ALTER COLUMN \"sku\" TYPE varchar(80);",
            "or: lockgate stamp 001, if all of 001 ran",
        ],
        never: &["character varying", "run-as-is", "REVISION", "Some("],
    },
    // A mistyped name is distinguished from a missing object.
    Case {
        before: "CREATE TABLE customers (id int NOT NULL, phone text)",
        files: &[
            ("001_init.sql", "CREATE INDEX ON custmers (id)"),
            ("002_more.sql", "CREATE INDEX ON customers (phne);\nCREATE INDEX ON nothing (id)"),
        ],
        says: &[
            "is customers meant? If not: make it",
            "is phone meant? If not: make it",
            "next: make it (CREATE TABLE",
        ],
        never: &["is nothing meant"],
    },
    // Types as a person writes them.
    Case {
        before: "CREATE TABLE t (id int NOT NULL); INSERT INTO t VALUES (1)",
        files: &[("001_init.sql", "ALTER TABLE t ADD COLUMN n bigint NOT NULL")],
        says: &["ADD COLUMN \"n\" bigint NOT NULL DEFAULT …"],
        never: &["pg_catalog\".\"int8"],
    },
];

/// The lines that give advice.
fn choices(stdout: &str) -> impl Iterator<Item = &str> {
    let is_choice = |line: &&str| ["choose:", "or:", "next:"].iter().any(|word| line.trim_start().starts_with(word));
    stdout.lines().filter(is_choice)
}

#[test]
fn a_plan_advises_only_what_is_worth_following() {
    for case in CASES {
        let database = TestDatabase::new();
        database.sql(case.before);

        let plan = Gate::new(&database).chain(case.files).args(["plan", "--check-data"]).run();

        for wanted in case.says {
            assert!(plan.stdout.contains(wanted), "{wanted}\n{plan}");
        }
        for unwanted in case.never {
            assert!(!choices(&plan.stdout).any(|line| line.contains(unwanted)), "{unwanted}\n{plan}");
        }
    }
}
