//! Revisions that are sent before the answers to earlier ones have come: if anything ends one, nothing behind it has run.

use std::time::Duration;

use crate::support::{Cluster, Gate, NoStandby, Outcome, Shutdown, TestDatabase, eventually, long_tests_are_wanted};

const LONG: Duration = Duration::from_secs(60);

/// So many revisions, each of which makes a table of its number. Those behind the tenth call code: it says the number.
fn steps(gate: Gate, count: usize) -> Gate {
    for number in 1..=count {
        let says = format!("; DO $$ BEGIN RAISE NOTICE 'this is {number}'; END $$");
        let says = if number > 10 { says } else { String::new() };
        gate.write(&format!("{number:04}_step.sql"), step(number) + &says);
    }
    gate.args(["migrate"])
}

fn step(number: usize) -> String {
    format!("CREATE TABLE t{number} ()")
}

/// The history has the first revisions and nothing else, and so has the schema. Gives how many.
#[track_caller]
fn a_prefix_is_there(database: &TestDatabase) -> usize {
    let made = "SELECT substr(relname, 2)::int FROM pg_class WHERE relname ~ '^t[0-9]+$' ORDER BY 1";
    let recorded = "SELECT revision::int FROM lockgate_history WHERE state = 'done' ORDER BY depth";
    let (made, recorded) = (database.query_text(made), database.query_text(recorded));
    assert_eq!(made, recorded);
    let first: Vec<Vec<String>> = (1..=recorded.len()).map(|number| vec![number.to_string()]).collect();
    assert_eq!(recorded, first);
    recorded.len()
}

/// A row of this table makes COMMIT itself fail: its deferred trigger defers another.
const AT_COMMIT: &str = "CREATE TABLE late (n int); CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
    IF NEW.n = 2 THEN RAISE EXCEPTION 'too late'; END IF; SET CONSTRAINTS ALL DEFERRED; INSERT INTO late VALUES (2); \
    RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER late AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW \
    EXECUTE FUNCTION late(); INSERT INTO late VALUES (1)";

#[test]
fn a_revision_that_fails_at_any_place_leaves_those_before_it_and_nothing_else() {
    const COUNT: usize = 6;
    let kinds = [
        ("SELECT 1/0", "22012"),
        (AT_COMMIT, "P0001"),
        ("LOCK TABLE taken NOWAIT", "55P03"),
        ("ALTER TABLE busy ADD COLUMN a text", "55P03"),
    ];
    for (sql, sqlstate) in kinds {
        for place in [1, 2, 3, COUNT] {
            let database = TestDatabase::new();
            database.sql("CREATE TABLE taken (); CREATE TABLE busy ()");
            let holder = database.session();
            holder.sql("BEGIN; LOCK TABLE taken; LOCK TABLE busy IN SHARE MODE");
            let gate = steps(Gate::new(&database), COUNT)
                .env("LOCKGATE_DDL_LOCK_RETRY_FOR", "0s")
                .env("LOCKGATE_DDL_LOCK_TIMEOUT", "100ms");
            gate.write(&format!("{place:04}_step.sql"), format!("{}; {sql}", step(place)));

            let outcome = gate.run();

            assert_ne!(outcome.code, Some(0), "{outcome}");
            assert!(outcome.stderr.contains(sqlstate), "{sqlstate}; {outcome}");
            assert!(outcome.stderr.contains(&format!("nothing of {place:04} is left")), "{outcome}");
            let stands = if place == 1 { "base".to_owned() } else { format!("{:04}", place - 1) };
            assert!(outcome.stderr.contains(&format!("the database stands at {stands}")), "{outcome}");
            let recorded = "SELECT to_regclass('lockgate_history')";
            let left = if database.value(recorded) == "NULL" { 0 } else { a_prefix_is_there(&database) };
            assert_eq!(left, place - 1, "{outcome}");

            // The mended script runs, and the rest goes on.
            holder.sql("ROLLBACK");
            gate.write(&format!("{place:04}_step.sql"), step(place));
            gate.run().expect(0);
            assert_eq!(a_prefix_is_there(&database), COUNT);
        }
    }
}

/// Definitions that the server refuses before it runs anything of a message, and while it runs it. They are sent in one message
/// with all around them, unless they come first in a window.
const REFUSED: [(&str, &str); 4] = [
    ("CREATE TABLE u (a int,\n  CONSTRAINT c NOT NULL a)", "42601"),
    ("CREATE VIEW v AS -- \u{e9}\n  SELECT nowhere(n) FROM taken", "42883"),
    ("CREATE UNIQUE INDEX ON taken (n)", "23505"),
    ("ALTER TABLE taken ALTER n SET NOT NULL", "23502"),
];

#[test]
fn the_report_of_a_failure_does_not_tell_how_a_revision_was_sent() {
    const COUNT: usize = 6;
    for (sql, sqlstate) in REFUSED {
        // Later servers know it.
        if sqlstate == "42601" && Cluster::shared().version() >= 180_000 {
            continue;
        }
        for sql in [sql.to_owned(), format!("-- \u{e9}\nCREATE TABLE first (); -- \u{e9}\n\n{sql}")] {
            let report = |place: usize| {
                let database = TestDatabase::new();
                database.sql("CREATE TABLE taken (n int); INSERT INTO taken VALUES (1), (1), (NULL)");
                let gate = steps(Gate::new(&database), COUNT).env("LOCKGATE_LOG_FORMAT", "text");
                gate.write(&format!("{place:04}_step.sql"), &sql);

                let outcome = gate.run().expect(65);

                assert!(outcome.stderr.contains(sqlstate), "{sqlstate}; {outcome}");
                assert_eq!(a_prefix_is_there(&database), place - 1, "{outcome}");
                let (_, report) = outcome.stderr.split_once("error[").expect("a report");
                let own = |line: &&str| !line.contains("the database stands at");
                let lines: Vec<&str> = report.lines().filter(own).collect();
                lines.join("\n").replace(&format!("{place:04}"), "its number")
            };
            assert_eq!(report(4), report(2));
            assert_eq!(report(COUNT), report(2));
        }
    }
}

#[test]
fn a_commit_is_put_off_only_where_it_would_wait() {
    for (fsync, is_put_off) in [("on", true), ("off", false)] {
        let cluster = Cluster::start_private(&[("fsync", fsync), ("log_statement", "all")]);
        let database = TestDatabase::on(&cluster);
        steps(Gate::new(&database), 4).run().expect(0);
        assert_eq!(cluster.log().contains("SET LOCAL synchronous_commit = off"), is_put_off, "fsync = {fsync}");
    }
}

/// More statements than are sent before the first is answered, and some that are large.
fn long(number: usize, last: &str) -> String {
    let large = "x".repeat(300_000);
    let statements = (1..=1250).map(|at| match at % 250 {
        0 => format!("INSERT INTO t{number} VALUES ({at}, '{large}');\n"),
        _ => format!("INSERT INTO t{number} VALUES ({at}, 'x');\n"),
    });
    format!("CREATE TABLE t{number} (n int, text text);\n{}{last};\n", statements.collect::<String>())
}

#[test]
fn a_script_longer_than_what_goes_ahead_is_whole_or_leaves_nothing() {
    for (sql, sqlstate) in [("SELECT 1/0", "22012"), (AT_COMMIT, "P0001")] {
        let database = TestDatabase::new();
        let gate = Gate::new(&database).args(["migrate"]);
        gate.write("0001_step.sql", step(1));
        gate.write("0002_step.sql", long(2, sql));
        gate.write("0003_step.sql", long(3, "SELECT 1"));

        let outcome = gate.run();

        assert_ne!(outcome.code, Some(0), "{outcome}");
        assert!(outcome.stderr.contains(sqlstate), "{sqlstate}; {outcome}");
        assert!(outcome.stderr.contains("nothing of 0002 is left"), "{outcome}");
        assert_eq!(a_prefix_is_there(&database), 1, "{outcome}");

        gate.write("0002_step.sql", long(2, "SELECT 1"));
        gate.run().expect(0);
        assert_eq!(a_prefix_is_there(&database), 3);
        for number in [2, 3] {
            let rows = format!("SELECT count(*), sum(n), sum(length(text)) FROM t{number}");
            assert_eq!(database.query_text(&rows), [["1250", "781875", "1501245"]]);
        }
    }
}

#[test]
fn a_signal_in_a_script_longer_than_what_goes_ahead_leaves_nothing_of_it() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).args(["migrate"]);
    gate.write("0001_step.sql", step(1));
    gate.write("0002_step.sql", format!("SELECT pg_sleep(600);\n{}", long(2, "SELECT 1")));
    gate.write("0003_step.sql", step(3));
    let running = gate.spawn();
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    eventually("it sleeps", || database.value(asleep) == "1");

    running.terminate();

    let outcome = running.wait(LONG).expect(143);
    assert!(outcome.stderr.contains("the database stands at 0001; nothing of 0002 is left"), "{outcome}");
    assert_eq!(a_prefix_is_there(&database), 1);
}

#[test]
fn a_signal_ends_the_revision_that_runs_and_nothing_behind_it_begins() {
    let database = TestDatabase::new();
    let gate = steps(Gate::new(&database), 40);
    gate.write("0020_step.sql", format!("{}; SELECT pg_sleep(600)", step(20)));
    let running = gate.spawn();
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    eventually("it sleeps", || database.value(asleep) == "1");
    running.terminate();
    let outcome = running.wait(LONG).expect(143);
    let stands = "the database stands at 0019; nothing of 0020 is left; 0021 and 19 more revisions were not begun";
    assert!(outcome.stderr.contains(stands), "{outcome}");
    assert_eq!(a_prefix_is_there(&database), 19);
}

#[test]
fn a_cancel_request_at_any_moment_leaves_whole_revisions() {
    const COUNT: usize = 150;
    let database = TestDatabase::new();
    let gate = steps(Gate::new(&database), COUNT);
    let canceller = database.session();
    let backend = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'lockgate/%' AND \
                   datname = current_database()";
    let mut ended = 0;
    while ended < COUNT {
        let mut running = gate.spawn();
        // Never where nothing is recorded yet: the runs must come to an end.
        while !running.has_ended() {
            if canceller.value("SELECT to_regclass('lockgate_history')") != "NULL" {
                let recorded =
                    canceller.value("SELECT count(*) FROM lockgate_history").parse::<usize>().expect("a number");
                if recorded > ended {
                    canceller.query_text(backend);
                    ended = recorded;
                }
            }
        }
        let outcome = running.wait(LONG);
        ended = ended.max(a_prefix_is_there(&database));
        assert!(outcome.code == Some(0) || outcome.stderr.contains("57014"), "{outcome}");
    }
}

#[test]
fn a_notice_belongs_to_the_revision_that_said_it() {
    let database = TestDatabase::new();
    let outcome = steps(Gate::new(&database), 30).run().expect(0);
    let said =
        outcome.log().into_iter().filter(|line| line["message"].as_str().is_some_and(|it| it.contains("this is")));
    let said: Vec<(String, String)> = said
        .map(|line| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            (text(&line["file"]), text(&line["message"]))
        })
        .collect();
    let each = (11..=30).map(|number| (format!("{number:04}_step.sql"), format!("server: this is {number}")));
    assert_eq!(said, each.collect::<Vec<_>>());
}

/// Each sets something for the session while a definition is written: the SQL before the run, and the second revision.
const LEAKS: [(&str, &str, &str); 6] = [
    (
        "an event trigger",
        "CREATE FUNCTION fires() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.leak(); END $$; \
         CREATE EVENT TRIGGER fires ON ddl_command_end EXECUTE FUNCTION fires()",
        "CREATE TABLE t2 ()",
    ),
    ("a setting", "", "CREATE TABLE t2 (); SET search_path = elsewhere"),
    ("a default", "", "CREATE TABLE t2 (); ALTER TABLE filled ADD COLUMN a text DEFAULT leak()"),
    ("a check", "", "CREATE TABLE t2 (); ALTER TABLE filled ADD CHECK (leak() IS NOT NULL)"),
    (
        "a domain's check",
        "CREATE DOMAIN leaks AS text CHECK (leak() IS NOT NULL)",
        "CREATE TABLE t2 (); ALTER TABLE filled ADD COLUMN a leaks",
    ),
    ("an index", "", "CREATE TABLE t2 (); CREATE INDEX ON filled ((leak() || n))"),
];

#[test]
fn no_setting_of_a_revision_and_of_code_that_it_calls_reaches_the_next() {
    for (kind, before, second) in LEAKS {
        let database = TestDatabase::new();
        database.sql(
            "CREATE SCHEMA elsewhere; CREATE FUNCTION leak() RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN \
             RETURN set_config('search_path', 'elsewhere', false); END $$; CREATE TABLE filled (n int); \
             INSERT INTO filled VALUES (1)",
        );
        database.sql(before);
        let gate = steps(Gate::new(&database), 4);
        gate.write("0002_step.sql", second);

        gate.run().expect(0);

        assert_eq!(database.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'elsewhere'"), "0", "{kind}");
        assert_eq!(a_prefix_is_there(&database), 4, "{kind}");
    }
}

/// The number of revisions that the log calls applied.
fn told(outcome: &Outcome) -> usize {
    outcome.log().iter().filter(|line| line["message"] == "applied").count()
}

fn a_commit_waits(cluster: &Cluster) {
    let session = cluster.session("postgres");
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    eventually("a commit waits", || session.value(waits) == "1");
}

#[test]
fn no_revision_is_told_of_before_its_commit_lasts() {
    let cluster = Cluster::start_private(&[]);
    let database = TestDatabase::on(&cluster);
    let gate = steps(Gate::new(&database), 1);
    gate.run().expect(0);
    let gate = steps(gate, 5).listening();
    let away = NoStandby::on(&cluster);

    let running = gate.spawn();
    a_commit_waits(&cluster);
    // All but the last are visible to others, and none was told of.
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "4");
    let status = running.try_http_get("/status").expect("an answer").json();
    assert_eq!(status["current"], "0001", "{status}");
    assert!(!running.stderr().contains("\"message\":\"applied\""), "{}", running.stderr());
    drop(away);
    let outcome = running.wait(LONG).expect(0);
    assert_eq!(told(&outcome), 4, "{outcome}");
}

#[test]
fn each_commit_waits_where_that_is_asked_for() {
    for (setting, script) in [("each", ""), ("once", "-- synchronous_commit stays\n")] {
        let cluster = Cluster::start_private(&[]);
        let database = TestDatabase::on(&cluster);
        let gate = steps(Gate::new(&database), 1);
        gate.run().expect(0);
        let gate = steps(gate, 3).env("LOCKGATE_COMMIT_WAIT", setting);
        gate.write("0002_step.sql", format!("{script}{}", step(2)));
        let away = NoStandby::on(&cluster);

        let running = gate.spawn();
        a_commit_waits(&cluster);

        assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "1", "{setting}");
        drop(away);
        running.wait(LONG).expect(0);
    }
}

#[test]
fn a_server_that_crashes_loses_no_revision_that_was_told_of() {
    const COUNT: usize = 120;
    let rounds = if long_tests_are_wanted() { 100 } else { 3 };
    let cluster = Cluster::start_private(&[("fsync", "on"), ("wal_writer_delay", "10s")]);
    let database = TestDatabase::on(&cluster);
    for round in 0..rounds {
        database.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        let gate = steps(Gate::new(&database), COUNT).env("LOCKGATE_WAIT_TIMEOUT", "0s");
        let running = gate.spawn();
        let reached = (round * 37) % COUNT;
        let session = database.session();
        eventually("it has come some way", || {
            session.value("SELECT to_regclass('lockgate_history')") != "NULL"
                && session.value("SELECT count(*) FROM lockgate_history").parse::<usize>().expect("a number") >= reached
        });
        cluster.stop(Shutdown::Immediate);
        let outcome = running.wait(LONG);
        cluster.start();
        let there = match database.value("SELECT to_regclass('lockgate_history')").as_str() {
            "NULL" => 0,
            _ => a_prefix_is_there(&database),
        };
        assert!(there >= told(&outcome), "round {round}: {there} are there; {outcome}");
        gate.run().expect(0);
        assert_eq!(a_prefix_is_there(&database), COUNT);
    }
}
