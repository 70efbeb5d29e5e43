//! Revisions that cannot run in one transaction: recorded segment by segment, resumed at the statement, never half-trusted.

use std::thread;

use crate::support::eventually::PATIENCE;
use crate::support::{Gate, Outcome, Proxy, Running, TestDatabase, eventually};

const TABLE: &str =
    "CREATE TABLE t (id int, v text); INSERT INTO t SELECT g, md5(g::text) FROM generate_series(1, 1000) g";
const INDEX: &str = "CREATE INDEX CONCURRENTLY t_v ON t (v)";

fn gate(database: &TestDatabase) -> Gate {
    Gate::new(database).args(["migrate"]).env("LOCKGATE_LOG_FORMAT", "text").chain(&[
        ("0001_table.sql", TABLE),
        ("0002_index.sql", INDEX),
        ("0003_after.sql", "CREATE TABLE after_it ()"),
    ])
}

fn indexes(database: &TestDatabase) -> String {
    database.value(
        "SELECT coalesce(string_agg(indexrelid::regclass || ' ' || indisvalid, ', ' ORDER BY 1), '')
         FROM pg_index WHERE indrelid = 't'::regclass",
    )
}

fn history(database: &TestDatabase) -> String {
    database.value("SELECT string_agg(revision || ' ' || state, ', ' ORDER BY depth) FROM lockgate_history")
}

fn is_building(database: &TestDatabase) -> bool {
    let build =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'CREATE%INDEX CONC%'
        AND state = 'active' AND pid <> pg_backend_pid()";
    database.value(build) == "1"
}

/// Runs the gate until the build of its index waits for a writer, and kills it there. The writer is then gone too.
fn killed_while_building(database: &TestDatabase, gate: &Gate) {
    gate.with(["migrate", "0001"]).run().expect(0);
    let writer = database.session();
    writer.sql("BEGIN; INSERT INTO t VALUES (0, 'open')");
    let mut running: Running = gate.spawn();
    eventually("the index is being built", || {
        assert!(!running.has_ended(), "{}", running.stderr());
        is_building(database) && indexes(database) == "t_v false"
    });
    running.kill();
    is_noticed(database);
    writer.sql("COMMIT");
    assert_eq!(history(database), "0001 done, 0002 started");
}

/// The server sees that the client is gone. A server before 14 does not while it waits, so the session has to be ended.
fn is_noticed(database: &TestDatabase) {
    if database.cluster().version() < 14 {
        database.query_text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
            AND query ILIKE 'CREATE%INDEX CONC%' AND pid <> pg_backend_pid()",
        );
    }
    eventually("the server noticed that the client is gone", || !is_building(database));
}

fn is_at_head(database: &TestDatabase, outcome: Outcome) {
    let outcome = outcome.expect(0);
    assert_eq!(indexes(database), "t_v true", "{outcome}");
    assert_eq!(history(database), "0001 done, 0002 done, 0003 done", "{outcome}");
}

#[test]
fn an_index_whose_build_was_killed_is_dropped_and_built_again() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    killed_while_building(&database, &gate);
    assert_eq!(indexes(&database), "t_v false");

    let outcome = gate.run();

    assert!(outcome.stderr.contains("is INVALID and nobody builds it"), "{outcome}");
    is_at_head(&database, outcome);
}

#[test]
fn an_index_that_was_finished_after_the_kill_is_kept() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    killed_while_building(&database, &gate);
    database.sql("REINDEX INDEX t_v");
    let built = database.value("SELECT oid FROM pg_class WHERE relname = 't_v'");

    is_at_head(&database, gate.run());

    assert_eq!(database.value("SELECT oid FROM pg_class WHERE relname = 't_v'"), built);
}

#[test]
fn an_index_that_is_still_being_built_is_waited_for() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    killed_while_building(&database, &gate);
    database.sql("DROP INDEX t_v");
    let writer = database.session();
    writer.sql("BEGIN; INSERT INTO t VALUES (0, 'open')");
    let orphan = database.session();
    let orphan = thread::spawn(move || orphan.sql(INDEX));
    eventually("the orphan builds", || is_building(&database) && indexes(&database) == "t_v false");
    let orphans = database.value("SELECT oid FROM pg_class WHERE relname = 't_v'");

    let mut running = gate.spawn();
    running.says("is being built by a session that outlived its client");
    writer.sql("COMMIT");
    orphan.join().expect("the orphan's build");

    is_at_head(&database, running.wait(PATIENCE));
    assert_eq!(database.value("SELECT oid FROM pg_class WHERE relname = 't_v'"), orphans);
}

#[test]
fn an_index_without_a_name_is_recognised_among_those_that_were_there() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.write("0001_table.sql", format!("{TABLE}; CREATE INDEX before_it ON t (v)"));
    gate.write("0002_index.sql", "CREATE INDEX CONCURRENTLY ON t (v)");
    gate.with(["migrate", "0001"]).run().expect(0);
    let writer = database.session();
    writer.sql("BEGIN; INSERT INTO t VALUES (0, 'open')");
    let running = gate.spawn();
    eventually("the index is being built", || indexes(&database) == "before_it true, t_v_idx false");
    running.kill();
    is_noticed(&database);
    writer.sql("COMMIT");

    gate.run().expect(0);

    assert_eq!(indexes(&database), "before_it true, t_v_idx true");
}

#[test]
fn a_unique_index_that_rows_prevent_leaves_nothing_invalid_and_goes_on_where_it_stopped() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.write(
        "0002_index.sql",
        "INSERT INTO t VALUES (1, 'twice');\nCREATE UNIQUE INDEX CONCURRENTLY t_v ON t (id);\nINSERT INTO t VALUES (-1, 'end')",
    );

    let outcome = gate.run().expect(65);

    assert!(outcome.stderr.contains("0002_index.sql:2:1: could not create unique index"), "{outcome}");
    assert!(
        outcome.stderr.contains("SQLSTATE 23505") && outcome.stderr.contains("(id)=(1) is duplicated"),
        "{outcome}"
    );
    assert!(outcome.stderr.contains("2 rows of t hold a value of id more than once: 1 (2 times)"), "{outcome}");
    assert_eq!((indexes(&database).as_str(), history(&database).as_str()), ("", "0001 done, 0002 started"));

    database.sql("DELETE FROM t WHERE v = 'twice'");
    is_at_head(&database, gate.run());
    assert_eq!(database.value("SELECT count(*) FROM t"), "1001");
}

#[test]
fn a_lock_that_is_never_won_outside_a_transaction_ends_with_75_and_names_who_is_in_the_way() {
    let database = TestDatabase::new();
    let gate = gate(&database).env("LOCKGATE_DDL_LOCK_TIMEOUT", "400ms").env("LOCKGATE_DDL_LOCK_RETRY_FOR", "1s");
    let before = "SET lock_timeout = '1s';\n";
    gate.write("0002_index.sql", format!("{before}CREATE UNIQUE INDEX CONCURRENTLY wrong ON t (v)"));
    gate.with(["migrate", "0001"]).run().expect(0);
    let blocker = database.session();
    blocker.sql("SET application_name = 'nightly vacuum'; BEGIN; LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE");

    let outcome = gate.run().expect(75);

    for told in [&outcome.stderr, &outcome.termination_log] {
        assert!(told.contains("LG0402") && told.contains(&format!("pid {}", blocker.pid())), "{outcome}");
        assert!(told.contains("nightly vacuum") && told.contains("0002_index.sql:2:1"), "{outcome}");
    }
    let started = "SELECT progress ->> 'started' FROM lockgate_history WHERE revision = '0002'";
    assert_eq!((indexes(&database).as_str(), database.value(started).as_str()), ("", "false"));

    blocker.sql("COMMIT");
    gate.write("0002_index.sql", format!("{before}{INDEX}"));
    is_at_head(&database, gate.run());
}

#[test]
fn what_the_catalog_does_not_tell_is_tried_again_where_the_server_refused_it() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    let (template, made) = (format!("{}_template", database.name()), format!("{}_made", database.name()));
    database.sql(&format!("CREATE DATABASE {template}"));
    gate.write("0002_index.sql", format!("SET lock_timeout = '200ms';\nCREATE DATABASE {made} TEMPLATE {template}"));
    gate.write("0003_after.sql", format!("DROP DATABASE {made};\nDROP DATABASE {template}"));
    let blocker = database.session();
    blocker.sql(&format!("BEGIN; ALTER DATABASE {template} RENAME TO {template}_2"));

    let mut running = gate.spawn();
    running.says("will try again");
    blocker.sql("ROLLBACK");

    running.wait(PATIENCE).expect(0);
    assert_eq!(history(&database), "0001 done, 0002 done, 0003 done");
}

#[test]
fn what_was_committed_of_a_begun_revision_may_not_change_and_the_rest_may() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    let begun = "CREATE TABLE u (id int);\nVACUUM u;\n";
    gate.write("0002_index.sql", format!("{begun}-- lockgate:run-as-is\nCREATE INDEX CONCURRENTLY t_v ON nowhere (v)"));
    gate.run().expect(65);

    gate.write("0002_index.sql", format!("CREATE TABLE u (id bigint);\nVACUUM u;\n{INDEX}"));
    let outcome = gate.run().expect(65);
    assert!(outcome.stderr.contains("error[LG0509]"), "{outcome}");

    gate.write("0002_index.sql", format!("-- corrected\n{begun}{INDEX}"));
    is_at_head(&database, gate.run());
}

#[test]
fn a_statement_that_was_started_and_left_nothing_whole_may_be_corrected() {
    for (name, corrected, indexes_after) in [
        ("another way to build it", "CREATE INDEX t_v ON t (v)", "t_v true"),
        ("another definition of it", "CREATE INDEX CONCURRENTLY t_v ON t (id, v)", "t_v true"),
        ("something else", "ALTER TABLE t ADD w int", ""),
        ("more before it", "ALTER TABLE t ADD w int;\nCREATE INDEX CONCURRENTLY t_v ON t (w)", "t_v true"),
    ] {
        println!("{name}");
        let database = TestDatabase::new();
        let gate = gate(&database);
        killed_while_building(&database, &gate);
        gate.write("0002_index.sql", corrected);

        gate.run().expect(0);

        assert_eq!(indexes(&database), indexes_after);
        assert_eq!(history(&database), "0001 done, 0002 done, 0003 done");
    }
}

#[test]
fn a_statement_that_was_started_and_has_run_may_not_be_corrected() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    killed_while_building(&database, &gate);
    database.sql("REINDEX INDEX t_v");
    gate.write("0002_index.sql", "ALTER TABLE t ADD w int");

    let outcome = gate.run().expect(65);

    assert!(outcome.stderr.contains("error[LG0509]") && outcome.stderr.contains("had run"), "{outcome}");
    assert_eq!((indexes(&database).as_str(), history(&database).as_str()), ("t_v true", "0001 done, 0002 started"));
}

#[test]
fn a_revision_that_is_half_done_is_never_shown_as_current() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    killed_while_building(&database, &gate);

    let status = gate.with(["status"]).run().expect(0).stdout;
    assert!(status.contains("current   0001 (1 applied)\n"), "{status}");
    assert!(
        status.contains("half done 0002: segments committed: 0, the next was started; lockgate migrate"),
        "{status}"
    );
    let json = gate.with(["status", "--json"]).run().expect(0).json();
    assert_eq!(
        (json["current"].as_str(), json["begun"][0]["revision"].as_str()),
        (Some("0001"), Some("0002")),
        "{json}"
    );
    let plan = gate.with(["plan"]).run().expect(0).stdout;
    assert!(plan.starts_with("from 0001 to 0003: 2 revisions"), "{plan}");
}

#[test]
fn a_build_that_a_signal_ends_is_not_called_rolled_back() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate", "0001"]).run().expect(0);
    let writer = database.session();
    writer.sql("BEGIN; INSERT INTO t VALUES (0, 'open')");
    let running = gate.spawn();
    eventually("the index is being built", || is_building(&database) && indexes(&database) == "t_v false");

    running.signal(rustix::process::Signal::TERM);

    let outcome = running.wait(PATIENCE).expect(143);
    assert!(outcome.stderr.contains("its index may be left INVALID; the next run drops it"), "{outcome}");
    writer.sql("COMMIT");
    is_at_head(&database, gate.run());
}

#[test]
fn what_the_catalog_does_not_tell_is_a_persons_to_say() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    let other = format!("{}_other", database.name());
    gate.write("0002_index.sql", format!("CREATE DATABASE {other}"));
    gate.with(["migrate", "0001"]).run().expect(0);
    database.sql(
        "INSERT INTO lockgate_history SELECT '0002', 2, 'index', checksum, bytes, 'started', 'applied', now(), NULL,
         session_user, 'killed', '0', '{}', '{\"segments\": 0, \"started\": true, \"prefix\": \"\"}' FROM lockgate_history",
    );
    let prefix = lockgate::chain::checksum::checksum(&format!("CREATE DATABASE {other}"));
    database.sql(&format!(
        "UPDATE lockgate_history SET progress = jsonb_set(progress, '{{prefix}}', to_jsonb('{prefix}'::text)) WHERE depth = 2"
    ));

    let outcome = gate.run().expect(65);
    assert!(outcome.stderr.contains("error[LG0507]") && outcome.stderr.contains("0002_index.sql:1"), "{outcome}");

    gate.with(["stamp", "0002"]).run().expect(0);
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(history(&database), "0001 done, 0002 done, 0003 done");
}

#[test]
fn leftovers_of_a_broken_reindex_are_cleared_away() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.write("0002_index.sql", "CREATE INDEX t_v ON t (v)");
    gate.write("0003_after.sql", "REINDEX TABLE CONCURRENTLY t");
    gate.with(["migrate", "0002"]).run().expect(0);
    database.sql("CREATE INDEX t_v_ccnew ON t (v)");
    database.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_v_ccnew'::regclass");

    gate.run().expect(0);

    assert_eq!(indexes(&database), "t_v true");
}

#[test]
fn a_partition_whose_detaching_was_broken_off_is_detached_to_the_end() {
    is_detached_to_the_end_after(|_, running| {
        running.kill();
    });
}

#[test]
fn a_partition_whose_detaching_was_refused_half_way_is_detached_to_the_end() {
    is_detached_to_the_end_after(|database, running| {
        database.sql(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
             WHERE query LIKE '%DETACH%' AND pid <> pg_backend_pid()",
        );
        running.wait(PATIENCE).expect(65);
        assert!(is_being_detached(database));
    });
}

/// A reader holds the detaching half-way, where `stop` ends the run.
fn is_detached_to_the_end_after(stop: impl FnOnce(&TestDatabase, Running)) {
    let database = TestDatabase::new();
    let Some(gate) = detaching(&database) else { return };
    let reader = database.session();
    reader.sql("BEGIN; SELECT * FROM t");
    let running = gate.spawn();
    eventually("the detach is pending", || is_being_detached(&database));
    stop(&database, running);
    reader.sql("COMMIT");

    gate.run().expect(0);

    assert_eq!(database.value(CHILDREN), "0");
    assert_eq!(history(&database), "0001 done, 0002 done, 0003 done");
}

const CHILDREN: &str = "SELECT count(*) FROM pg_inherits WHERE inhrelid = 't1'::regclass";

fn is_being_detached(database: &TestDatabase) -> bool {
    database.value("SELECT count(*) FROM pg_inherits WHERE inhdetachpending") == "1"
}

/// A chain whose next revision detaches a partition.
fn detaching(database: &TestDatabase) -> Option<Gate> {
    if database.cluster().version() < 14 {
        eprintln!("skipped: DETACH PARTITION CONCURRENTLY is new in PostgreSQL 14");
        return None;
    }
    let gate = gate(database);
    gate.write(
        "0001_table.sql",
        "CREATE TABLE t (id int, v text) PARTITION BY LIST (id); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1)",
    );
    gate.write("0002_index.sql", "ALTER TABLE t DETACH PARTITION t1 CONCURRENTLY");
    gate.with(["migrate", "0001"]).run().expect(0);
    Some(gate)
}

#[test]
fn eight_at_once_build_one_valid_index_without_a_deadlock() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.write(
        "0001_table.sql",
        "CREATE TABLE t (id int, v text); INSERT INTO t SELECT g, md5(g::text) FROM generate_series(1, 1000000) g",
    );

    let crowd: Vec<Running> = (0..8).map(|_| gate.spawn()).collect();

    for running in crowd {
        running.wait(PATIENCE * 4).expect(0);
    }
    assert_eq!(indexes(&database), "t_v true");
    assert_eq!(history(&database), "0001 done, 0002 done, 0003 done");
    assert_eq!(database.value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), "0");
}

#[test]
fn a_connection_that_is_cut_after_the_index_was_built_and_before_the_answer_came_is_settled_by_the_catalog() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = gate(&database).env("LOCKGATE_DATABASE_URL", database.url_via(&proxy));
    gate.with(["migrate", "0001"]).run().expect(0);
    let writer = database.session();
    writer.sql("BEGIN; INSERT INTO t VALUES (0, 'open')");
    let running = gate.spawn();
    eventually("the index is being built", || is_building(&database));
    proxy.freeze();
    writer.sql("COMMIT");
    eventually("the index is built, and nobody was told", || indexes(&database) == "t_v true");
    let built = database.value("SELECT oid FROM pg_class WHERE relname = 't_v'");

    proxy.cut_now();
    proxy.thaw();

    is_at_head(&database, running.wait(PATIENCE));
    assert_eq!(database.value("SELECT oid FROM pg_class WHERE relname = 't_v'"), built);
}

#[test]
fn a_way_back_may_have_segments_too() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.write("0002_index.down.sql", "DROP INDEX CONCURRENTLY t_v; DELETE FROM t WHERE id > 10");
    gate.write("0003_after.down.sql", "DROP TABLE after_it");
    gate.run().expect(0);

    gate.with(["down", "0001"]).run().expect(0);

    assert_eq!((indexes(&database).as_str(), history(&database).as_str()), ("", "0001 done"));
    assert_eq!(database.value("SELECT count(*) FROM t"), "10");
    is_at_head(&database, gate.run());
}
