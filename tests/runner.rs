//! The runner: a real Alembic under the gate's lock, and the fate of each when the other ends.

use std::time::Duration;

use crate::support::{Gate, Outcome, TestDatabase, alembic_place, eventually};

const ENV: &str = "import logging\nfrom alembic import context\nfrom sqlalchemy import create_engine, pool, text\n\nlogging.basicConfig(level=logging.INFO)\n\
    engine = create_engine('postgresql+psycopg2://', poolclass=pool.NullPool)\n\
    with engine.connect() as connection:\n    BEFORE\n    context.configure(connection=connection)\n    \
    with context.begin_transaction():\n        context.run_migrations()\n";

fn env(before: &str) -> String {
    ENV.replace("BEFORE", before)
}

fn revision(id: &str, down: Option<&str>, upgrade: &str) -> String {
    let down = down.map_or("None".to_owned(), |down| format!("'{down}'"));
    format!("from alembic import op\nrevision = '{id}'\ndown_revision = {down}\n\ndef upgrade():\n    {upgrade}\n")
}

/// A project with these revisions, and Alembic itself as the runner.
fn project(database: &TestDatabase, revisions: &[(&str, Option<&str>, &str)]) -> Option<Gate> {
    let place = alembic_place()?;
    let gate = bare(database, revisions);
    let ini = gate.chain_directory().join("alembic.ini");
    let runner = format!("{}/alembic -c {} upgrade {{target}}", place.display(), ini.display());
    Some(gate.env("LOCKGATE_RUNNER", runner))
}

/// The same with no runner yet.
fn bare(database: &TestDatabase, revisions: &[(&str, Option<&str>, &str)]) -> Gate {
    let gate = Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").args(["migrate"]);
    std::fs::create_dir_all(gate.chain_directory().join("versions")).expect("a directory");
    gate.write("alembic.ini", "[alembic]\nscript_location = %(here)s\n");
    gate.write("env.py", env("pass"));
    for (id, down, upgrade) in revisions {
        gate.write(&format!("versions/{id}.py"), revision(id, *down, upgrade));
    }
    gate
}

/// A runner that is a script of a shell.
fn scripted(database: &TestDatabase, script: &str) -> Gate {
    let gate = bare(database, LINE);
    gate.write("run.sh", script);
    let runner = format!("sh {}", gate.chain_directory().join("run.sh").display());
    gate.env("LOCKGATE_RUNNER", runner)
}

const LINE: &[(&str, Option<&str>, &str)] = &[
    ("a1x", None, "op.execute('CREATE TABLE a (id int)')"),
    ("b2x", Some("a1x"), "op.execute('CREATE TABLE b (id int)')"),
];

/// One that lasts.
const SLEEPS: &[(&str, Option<&str>, &str)] =
    &[("a1x", None, "op.execute('CREATE TABLE a (id int); SELECT pg_sleep(20)')")];

#[track_caller]
fn says(outcome: &Outcome, words: &[&str]) {
    for words in words {
        assert!(outcome.stderr.contains(words), "it does not say {words:?}; {outcome}");
    }
}

fn version(database: &TestDatabase) -> String {
    database.value(
        "SELECT coalesce((SELECT string_agg(version_num, '+' ORDER BY version_num) FROM alembic_version), 'base')",
    )
}

/// The sessions of the runner's command.
fn sessions(database: &TestDatabase) -> String {
    database.value("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockgate-runner/%' AND datname = current_database()")
}

fn sleeps(database: &TestDatabase) {
    let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockgate-runner/%' AND query LIKE '%pg_sleep%' \
                  AND state = 'active' AND datname = current_database()";
    eventually("the command's statement runs", || database.value(sleeps) == "1");
}

#[test]
fn eight_gates_start_the_command_once_and_a_restart_at_head_never() {
    let database = TestDatabase::new();
    let Some(gate) = project(&database, LINE) else { return };
    let running: Vec<_> = (0..8).map(|_| gate.spawn()).collect();
    let outcomes: Vec<Outcome> = running.into_iter().map(|gate| gate.wait(Duration::from_secs(90)).expect(0)).collect();
    let started = outcomes.iter().filter(|outcome| outcome.stderr.contains("starting the runner's command")).count();
    assert_eq!((started, version(&database).as_str()), (1, "b2x"));
    let winner = outcomes.iter().find(|outcome| outcome.stderr.contains("applied: a1x b2x")).expect("one that applied");
    says(winner, &["Running upgrade a1x -> b2x", "open: at head b2x, 2 revisions applied"]);
    says(&gate.clone().env("LOCKGATE_RUNNER", "/nowhere/alembic").run().expect(0), &["at head b2x, nothing to do"]);

    // A target, and pending revisions that cannot be run.
    gate.write("versions/c3x.py", revision("c3x", Some("b2x"), "pass"));
    gate.write("versions/d4x.py", revision("d4x", Some("c3x"), "pass"));
    says(
        &gate.clone().env("LOCKGATE_RUNNER", "/nowhere/alembic").run().expect(78),
        &["error[LG0204]", "/nowhere/alembic is not there"],
    );
    gate.with(["migrate", "c3x"]).run().expect(0);
    assert_eq!(version(&database), "c3x");
}

#[test]
fn a_run_that_persists_nothing_is_found_out_whatever_its_exit_code() {
    let database = TestDatabase::new();
    let Some(gate) = project(&database, LINE) else { return };
    gate.write("env.py", env("connection.execute(text(\"SET lock_timeout = '5s'\"))"));
    let outcome = gate.run().expect(65);
    says(
        &outcome,
        &[
            "error[LG0607]",
            "ended with 0, but public.alembic_version is not at head",
            "begin_transaction",
            "the database is at base",
        ],
    );
    assert!(outcome.termination_log.contains("Running upgrade"), "{outcome}");
    assert_eq!(database.value("SELECT to_regclass('a') IS NULL"), "t");
}

#[test]
fn sigterm_ends_the_command_and_its_sessions_and_then_the_gate() {
    let database = TestDatabase::new();
    let Some(gate) = project(&database, SLEEPS) else { return };
    let mut running = gate.listening().spawn();
    sleeps(&database);
    let mut shown = || running.http_get("/status").json()["running"].clone();
    eventually("its statement is shown", || shown()["text"] == "CREATE TABLE a (id int); SELECT pg_sleep(?)");
    assert_eq!((shown()["revision"].as_str(), shown()["file"].as_str()), (Some("a1x"), Some("a1x.py")));
    running.terminate();
    let outcome = running.wait(Duration::from_secs(30)).expect(143);
    says(&outcome, &["error[LG0801]"]);
    assert_eq!((sessions(&database).as_str(), database.value("SELECT to_regclass('a') IS NULL").as_str()), ("0", "t"));
}

#[test]
fn a_gate_that_is_killed_takes_the_command_and_what_that_started_with_it() {
    let database = TestDatabase::new();
    let Some(gate) = project(&database, SLEEPS) else { return };
    let alembic = gate.chain_directory().join("alembic.ini");
    let Some(place) = alembic_place() else { return };
    // With a shell between, as `uv run` and entry scripts are.
    gate.write("run.sh", format!("{}/alembic -c {} upgrade head\necho after\n", place.display(), alembic.display()));
    let gate = gate.clone().env("LOCKGATE_RUNNER", format!("sh {}", gate.chain_directory().join("run.sh").display()));
    let running = gate.spawn();
    sleeps(&database);
    running.kill();
    let began = std::time::Instant::now();
    let name = alembic.display().to_string();
    eventually("no process of the command is left", || !processes_name(&name));
    eventually("no session of the command is left", || sessions(&database) == "0");
    println!("gone within {:?}", began.elapsed());
    assert_eq!(database.value("SELECT to_regclass('a') IS NULL"), "t");
}

/// True if a process has this word among its arguments.
fn processes_name(word: &str) -> bool {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).into_owned()).any(|line| line.contains(word))
}

#[test]
fn a_command_that_gives_up_a_lock_is_started_again_once_nothing_of_it_is_in_force() {
    let database = TestDatabase::new();
    database.sql("CREATE TABLE held ()");
    let Some(gate) = project(&database, &[("a1x", None, "op.execute('ALTER TABLE held ADD COLUMN x int')")]) else {
        return;
    };
    let holder = database.session();
    holder.sql("BEGIN; LOCK TABLE held");
    let mut running = gate.env("LOCKGATE_DDL_LOCK_TIMEOUT", "200ms").spawn();
    running.says("the command gave up a lock that others held");
    holder.sql("COMMIT");
    says(
        &running.wait(Duration::from_secs(60)).expect(0),
        &["LockNotAvailable", "open: at head a1x, 1 revision applied"],
    );
}

#[test]
fn a_lost_lock_stops_the_command_and_closes_the_gate() {
    let database = TestDatabase::new();
    let Some(gate) = project(&database, SLEEPS) else { return };
    let running = gate.spawn();
    sleeps(&database);
    database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    let outcome = running.wait(Duration::from_secs(40)).expect(75);
    says(&outcome, &["error[LG0307]", "the lock is lost"]);
    assert_eq!((sessions(&database).as_str(), database.value("SELECT to_regclass('a') IS NULL").as_str()), ("0", "t"));
}

#[test]
fn an_id_that_the_version_table_cannot_hold_is_refused_before_anything_runs() {
    let database = TestDatabase::new();
    let id = "0001_an_id_that_is_longer_than_alembic_takes";
    let gate = bare(&database, &[(id, None, "pass")]).env("LOCKGATE_RUNNER", "true");
    let outcome = gate.run().expect(65);
    says(
        &outcome,
        &[
            "error[LG0205]",
            "version_num takes 32 characters",
            "CREATE TABLE public.alembic_version (version_num varchar(64)",
        ],
    );
    database.sql("CREATE TABLE alembic_version (version_num varchar(64) NOT NULL)");
    says(&gate.run().expect(65), &["error[LG0607]"]);
}

#[test]
fn the_commands_output_is_logged_without_secrets_and_its_failure_is_told() {
    let database = TestDatabase::new();
    let script = "echo \"password is $PGPASSWORD and $APP_TOKEN\"; echo $DATABASE_URL >&2; env | grep LOCKGATE; echo over; exit 3\n";
    let role = database.cluster().role("LOGIN SUPERUSER PASSWORD 'hunter2hunter2' IN ROLE secret");
    let url = database.url_as(&role, Some("hunter2hunter2"));
    let gate = scripted(&database, script).env("APP_TOKEN", "t0psecret").env("LOCKGATE_DATABASE_URL", url);
    let outcome = gate.run().expect(65);
    says(&outcome, &["error[LG0606]", "ended with 3", "over"]);
    for secret in ["hunter2", "t0psecret", "LOCKGATE_MIGRATIONS"] {
        assert!(!outcome.stderr.contains(secret) && !outcome.termination_log.contains(secret), "{secret}: {outcome}");
    }
    assert!(outcome.termination_log.contains("over"), "{outcome}");
}

#[test]
fn a_runner_without_an_alembic_chain_is_refused() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_a.sql", "SELECT 1")]).env("LOCKGATE_RUNNER", "true");
    says(&gate.args(["migrate"]).run().expect(78), &["LG0204", "holds no Alembic chain"]);
}

#[test]
fn a_snapshot_keeps_the_gate_closed_on_another_schema_at_every_start() {
    let made = TestDatabase::new();
    let Some(gate) = project(&made, LINE) else { return };
    gate.run().expect(0);
    gate.with(["snapshot", "--database"]).run().expect(0);
    let database = TestDatabase::new();
    let gate = gate.env("LOCKGATE_DATABASE_URL", database.url());

    says(&gate.run().expect(0), &["open: at head b2x, 2 revisions applied"]);
    gate.run().expect(0);
    database.sql("ALTER TABLE b ADD hot_fix int; DROP TABLE a");
    for _ in 0..2 {
        let refused = gate.run().expect(65);
        says(&refused, &["error[LG0526]", "missing table a", "not of this chain: unexpected column b.hot_fix"]);
    }
    says(&gate.clone().env("LOCKGATE_VERIFY", "warn").run().expect(0), &["missing table a"]);
    gate.clone().env("LOCKGATE_VERIFY", "off").run().expect(0);

    gate.write("versions/c3x.py", revision("c3x", Some("b2x"), "op.execute('CREATE TABLE c (id int)')"));
    let stale = gate.run().expect(65);
    says(&stale, &["error[LG0210]"]);
    assert!(!stale.stderr.contains("starting the runner's command") && version(&database) == "b2x", "{stale}");
}

#[test]
fn down_has_the_tool_take_back_what_stands_behind_the_target_and_believes_its_table_alone() {
    let database = TestDatabase::new();
    let Some(gate) = project(&database, LINE) else { return };
    let place = alembic_place().expect("it was there");
    for (id, table) in [("a1x", "a"), ("b2x", "b")] {
        let down = if id == "a1x" { None } else { Some("a1x") };
        let up = format!("op.execute('CREATE TABLE {table} (id int)')");
        let back = format!("\ndef downgrade():\n    op.execute('DROP TABLE {table}')\n");
        gate.write(&format!("versions/{id}.py"), revision(id, down, &up) + &back);
    }
    gate.run().expect(0);
    says(&gate.with(["down", "a1x"]).run().expect(78), &["error[LG0204]", "LOCKGATE_RUNNER_DOWN"]);
    let ini = gate.chain_directory().join("alembic.ini");
    let downgrade = format!("{}/alembic -c {} downgrade {{target}}", place.display(), ini.display());
    let gate = gate.env("LOCKGATE_RUNNER_DOWN", downgrade);

    let lies = gate.clone().env("LOCKGATE_RUNNER_DOWN", "echo {target}").with(["down", "a1x"]).run().expect(65);
    says(&lies, &["error[LG0607]", "pending: b2x", "the database is at b2x"]);
    says(&gate.with(["down", "zz"]).run().expect(64), &["zz"]);
    let back = gate.with(["down", "a1"]).run().expect(0);
    says(&back, &["Running downgrade b2x -> a1x", "down: at a1x, 1 revision taken back", "taken back: b2x"]);
    says(&gate.with(["down", "a1x"]).run().expect(0), &["nothing to take back"]);
    says(&gate.with(["down", "b2x"]).run().expect(64), &["it is not applied"]);
    gate.with(["down", "base"]).run().expect(0);
    assert_eq!(
        (version(&database).as_str(), database.value("SELECT to_regclass('a') IS NULL").as_str()),
        ("base", "t")
    );

    // A row of a newer release: this chain does not know its down script.
    gate.run().expect(0);
    database.sql("INSERT INTO alembic_version VALUES ('z9')");
    says(&gate.with(["down", "a1x"]).run().expect(65), &["ahead of this chain"]);
}
