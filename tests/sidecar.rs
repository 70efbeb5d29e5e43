//! The answers of a failed gate, and of one that has been open for a while, to a probe, a scrape and a person.

use crate::support::eventually::PATIENCE;
use crate::support::{Gate, Proxy, Running, Session, TestDatabase, eventually};

fn base(gate: Gate) -> Gate {
    gate.env("LOCKGATE_LOOK_EVERY", "100ms").chain(&[("0001_a.sql", "CREATE TABLE a (id int)")]).args(["serve"])
}

fn broken(database: &TestDatabase) -> Gate {
    base(Gate::new(database)).chain(&[("0002_bad.sql", "SELECT 1 / 0")])
}

#[track_caller]
fn shows(running: &mut Running, lines: &[&str]) {
    for line in lines {
        eventually(line, || running.http_get("/metrics").body.lines().any(|shown| shown == *line));
    }
}

#[test]
fn a_failed_gate_answers_for_a_while_and_says_why_in_every_place() {
    let database = TestDatabase::new();
    let gate = broken(&database).env("LOCKGATE_LINGER", "10m");
    for command in [&["serve"][..], &["exec", "--serve", "--", "true"]] {
        let mut running = gate.with(command).spawn();
        shows(
            &mut running,
            &[
                "lockgate_phase{phase=\"failed\"} 1",
                "lockgate_failures_total{class=\"refuse\"} 1",
                "lockgate_failure_info{class=\"refuse\",code=\"LG0601\"} 1",
                "lockgate_ready 0",
                "lockgate_revisions{state=\"pending\"} 1",
            ],
        );
        assert_eq!(running.http_get("/livez").status, 200);
        for path in ["/ready", "/health"] {
            let answer = running.http_get(path);
            let body = answer.json();
            assert_eq!((answer.status, &body["phase"], &body["code"]), (503, &"failed".into(), &"LG0601".into()));
            assert!(body["output"].as_str().is_some_and(|cause| cause.contains("22012")), "{body}");
        }
        let failure = running.http_get("/status").json()["failure"].clone();
        assert_eq!((&failure["code"], &failure["exit"]), (&"LG0601".into(), &65.into()), "{failure}");
        assert!(failure["next"].as_str().is_some_and(|next| next.contains("correct the script")), "{failure}");
        eventually("the message is left at the beginning", || gate.termination_log().starts_with("LG0601"));
        running.says("LOCKGATE_LINGER");

        running.terminate();

        let outcome = running.wait(PATIENCE).expect(65);
        assert_eq!(outcome.log().iter().filter(|line| line["exit"] == 65).count(), 1, "told once; {outcome}");
    }
}

#[test]
fn a_failed_gate_ends_by_itself_and_serve_takes_its_time_where_nobody_says_how_long() {
    let database = TestDatabase::new();
    let gate = broken(&database);
    gate.clone().env("LOCKGATE_LINGER", "200ms").run().expect(65);
    gate.with(["exec", "--serve", "--", "true"]).run().expect(65);
    gate.with(["migrate"]).listening().run().expect(65);

    let mut running = gate.spawn();
    running.says("\"seconds\":30.0");
    running.interrupt();
    running.wait(PATIENCE).expect(65);
}

/// An index that is INVALID: its building fails on the two equal rows.
fn leave_invalid_index(session: &Session, schema: &str) {
    session.sql(&format!("INSERT INTO {schema}.a VALUES (1), (1)"));
    assert!(session.try_sql(&format!("CREATE UNIQUE INDEX CONCURRENTLY broken ON {schema}.a (id)")).is_err());
}

#[test]
fn what_an_open_gate_shows_follows_the_database() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = base(Gate::at(&database.url_via(&proxy)));
    let newer =
        Gate::new(&database).chain(&[("0001_a.sql", "CREATE TABLE a (id int)"), ("0001_a.down.sql", "DROP TABLE a")]);
    let newer = newer.chain(&[("0002_b.sql", "CREATE TABLE b ()"), ("0002_b.down.sql", "DROP TABLE b")]);
    let mut running = gate.spawn();
    running.answers("/ready", 200);
    shows(&mut running, &["lockgate_invalid_indexes 0", "lockgate_current_info{revision=\"0001\"} 1"]);

    // A newer release.
    newer.with(["migrate"]).run().expect(0);
    shows(&mut running, &["lockgate_revisions{state=\"ahead\"} 1", "lockgate_current_info{revision=\"0002\"} 1"]);
    let status = running.http_get("/status").json();
    assert_eq!((&status["current"], &status["ahead"]), (&"0002".into(), &1.into()), "{status}");
    assert_eq!(
        (&status["ahead_revisions"], &status["failure"]),
        (&serde_json::json!(["0002"]), &().into()),
        "{status}"
    );

    // Indexes: those of the chain's schemas, also for a gate that starts at head.
    let session = database.session();
    session.sql("CREATE SCHEMA other; CREATE TABLE other.a (id int)");
    leave_invalid_index(&session, "other");
    leave_invalid_index(&session, "public");
    shows(&mut running, &["lockgate_invalid_indexes 1"]);
    assert_eq!(running.http_get("/status").json()["invalid_indexes"], serde_json::json!(["public.broken"]));
    shows(&mut gate.spawn(), &["lockgate_invalid_indexes 1"]);
    session.sql("DROP INDEX broken");
    shows(&mut running, &["lockgate_invalid_indexes 0"]);

    // Taken down, past our own head; an open gate stays ready.
    newer.with(["down", "base", "--yes"]).run().expect(0);
    shows(&mut running, &["lockgate_revisions{state=\"pending\"} 1", "lockgate_revisions{state=\"ahead\"} 0"]);
    let status = running.http_get("/status").json();
    assert_eq!((&status["current"], &status["failure"]["code"]), (&().into(), &"LG0519".into()), "{status}");
    assert_eq!(running.http_get("/ready").status, 200);

    // And back.
    gate.with(["migrate"]).run().expect(0);
    shows(&mut running, &["lockgate_revisions{state=\"pending\"} 0", "lockgate_revisions{state=\"applied\"} 1"]);
    eventually("nothing fails", || running.http_get("/status").json()["failure"].is_null());

    // Away: the last known state is shown, with its age.
    proxy.refuse();
    eventually("it is away", || running.http_get("/status").json()["failure"]["code"] == "LG0301");
    let as_of = |running: &mut Running| running.http_get("/status").json()["as_of"].as_f64().expect("a time");
    let before = as_of(&mut running);
    eventually("the age grows", || {
        running.http_get("/status").json()["as_of_seconds"].as_f64().is_some_and(|seconds| seconds > 0.5)
    });
    assert_eq!((as_of(&mut running), running.http_get("/ready").status), (before, 200));
    proxy.restore();
    eventually("it looks again", || as_of(&mut running) > before);
}

#[test]
fn before_the_history_was_seen_nothing_is_said_of_it() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.refuse();
    let mut running = base(Gate::at(&database.url_via(&proxy))).spawn();
    running.says("waiting for the database");
    let metrics = running.http_get("/metrics").body;
    for family in
        ["lockgate_revisions", "lockgate_invalid_indexes", "lockgate_statements_skipped", "lockgate_last_look"]
    {
        assert!(!metrics.contains(family), "{family}: {metrics}");
    }
    assert!(!metrics.contains("drift"), "{metrics}");
    let status = running.http_get("/status").json();
    assert!(["applied", "pending", "ahead", "as_of"].iter().all(|fact| status[fact].is_null()), "{status}");
}

#[test]
fn live_readiness_names_its_cause_and_recovers_with_the_rotated_file() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN PASSWORD 'first' IN ROLE secret");
    database.sql(&format!("GRANT CREATE ON SCHEMA public TO {role}"));
    let gate = base(Gate::new(&database)).env_remove("LOCKGATE_DATABASE_URL").env("LOCKGATE_READINESS", "live");
    let file = gate.file("url");
    std::fs::write(&file, database.url_as(&role, Some("first"))).expect("a file");
    let mut running = gate.env("LOCKGATE_DATABASE_URL_FILE", &file).spawn();
    running.answers("/ready", 200);

    database.sql(&format!("ALTER ROLE {role} PASSWORD 'rotated'"));

    let body = running.answers("/ready", 503).json();
    assert_eq!((&body["phase"], &body["code"]), (&"open".into(), &"LG0311".into()), "{body}");
    assert!(
        body["output"].as_str().is_some_and(|cause| cause.contains("28P01")) && body["since"].is_string(),
        "{body}"
    );
    running.says("28P01");
    assert_eq!(running.http_get("/status").json()["failure"]["code"], "LG0311");
    std::fs::write(&file, database.url_as(&role, Some("rotated"))).expect("a file");
    running.answers("/ready", 200);
    assert!(running.http_get("/status").json()["failure"].is_null());
    assert!(!running.stderr().contains("rotated"), "{}", running.stderr());
}

#[test]
fn the_page_for_a_person_is_there_before_head_and_after() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.refuse();
    let mut running = base(Gate::at(&database.url_via(&proxy))).spawn();
    let before = running.http_get("/");
    assert_eq!((before.status, before.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(!before.body.contains(database.name()), "it is the same for every gate");
    proxy.restore();
    running.answers("/ready", 200);
    assert_eq!(running.http_get("/").body, before.body);
}
