//! Compiled chains of which Alembic itself runs some revisions, and the incidents of examples/alembic.

use std::path::{Path, PathBuf};

use crate::support::{Alembic, Gate, HELD, Hold, Revision, TestDatabase, alembic_place, eventually, says};

fn table(id: &str, down: &[&str]) -> Revision {
    Revision::sql(id, down, &format!("CREATE TABLE t_{id} (id int);"), &format!("DROP TABLE t_{id};"))
}

/// One that Alembic has to run: it is not compiled.
fn python(id: &str, down: &[&str]) -> Revision {
    Revision { compiled: None, ..table(id, down) }
}

fn gate(database: &TestDatabase, revisions: &[Revision]) -> Gate {
    let gate = Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").env("LOCKGATE_COEXIST", "alembic");
    gate.project(revisions);
    gate.args(["migrate"])
}

fn version(database: &TestDatabase) -> String {
    database.value("SELECT string_agg(version_num, '+' ORDER BY version_num) FROM alembic_version")
}

fn history(database: &TestDatabase) -> String {
    database.value("SELECT string_agg(concat(revision, ' ', kind), ', ' ORDER BY depth) FROM lockgate_history")
}

fn is_untouched(database: &TestDatabase) -> bool {
    database.value("SELECT count(*) FROM pg_class WHERE relname LIKE 't\\_%'") == "0"
}

#[test]
fn alembic_runs_in_their_places_what_is_not_compiled() {
    let database = TestDatabase::new();
    // One in the folder that says so, one that the folder lacks.
    let said = Revision { compiled: Some(("runner", String::new())), ..table("b", &["a"]) };
    let chain = [table("a", &[]), said, table("c", &["b"]), python("d", &["c"]), table("e", &["d"])];
    let gate = gate(&database, &chain);
    for command in ["migrate", "plan"] {
        let refused = gate.with([command]).run().expect(78);
        says(&refused, &["error[LG0204]", "Alembic itself has to run 2 pending revisions", "b d", "LOCKGATE_RUNNER"]);
    }
    assert!(is_untouched(&database));
    says(&gate.clone().env("LOCKGATE_RUNNER", "alembic upgrade head").run().expect(64), &["{target}"]);
    let alone = gate.clone().env("LOCKGATE_RUNNER", "alembic upgrade {target}").env_remove("LOCKGATE_COEXIST");
    says(&alone.run().expect(78), &["LOCKGATE_COEXIST=alembic"]);

    let Some(mut alembic) = Alembic::start(&gate, &database) else { return };
    let gate = gate.alembic_runner();
    let plan = gate.with(["plan"]).run().expect(0);
    says(
        &plan,
        &[
            "from base to e: 5 revisions",
            "CREATE TABLE t_a",
            "by LOCKGATE_RUNNER",
            "d  d.py",
            "judged once those before them have run: c e",
        ],
    );
    let outcome = gate.run().expect(0);
    says(&outcome, &["open: at head e, 5 revisions applied", "applied: a b c d e"]);
    assert_eq!(history(&database), "a applied, b adopted, c applied, d adopted, e applied");
    alembic.does("check");
    // At head the command is never started.
    gate.clone().env("LOCKGATE_RUNNER", "/nowhere/alembic {target}").run().expect(0);
    // Compiled later, they are the same revisions.
    gate.project(&[table("b", &["a"]), table("d", &["c"]), python("f", &["e"])]);
    gate.with(["migrate", "f"]).run().expect(0);
    assert_eq!(version(&database), "f");
    gate.with(["status", "--check"]).run().expect(0);
}

/// Fills rows until none is left, as compiled on an empty table.
fn batches(id: &str, down: &[&str]) -> Revision {
    let update = "UPDATE t_a SET id = 0 WHERE ctid IN (SELECT ctid FROM t_a WHERE id IS NULL LIMIT 2)";
    Revision {
        upgrade: vec![format!("while op.get_bind().execute(sa.text('{update}')).rowcount > 0: pass")],
        compiled: Some(("counts", format!("CREATE TABLE t_{id} (id int);\n-- lockgate:expect count 0\n{update};"))),
        ..table(id, down)
    }
}

#[test]
fn a_script_that_meets_other_rows_gives_way_to_alembic() {
    let database = TestDatabase::new();
    let gate = gate(&database, &[table("a", &[]), batches("b", &["a"]), table("c", &["b"])]);
    gate.with(["migrate", "a"]).run().expect(0);
    database.sql("INSERT INTO t_a SELECT NULL FROM generate_series(1, 5)");
    let refused = gate.run().expect(65);
    says(&refused, &["error[LG0529]", "no row expected, and the answer is 2 rows", "have Alembic run b"]);
    assert_eq!((version(&database).as_str(), database.value("SELECT to_regclass('t_b') IS NULL").as_str()), ("a", "t"));

    let Some(mut alembic) = Alembic::start(&gate, &database) else { return };
    let gate = gate.alembic_runner();
    let outcome = gate.run().expect(0);
    says(&outcome, &["rolled back, and the tool itself runs b", "applied: b c"]);
    assert_eq!(database.value("SELECT count(*) FROM t_a WHERE id = 0"), "5");
    // The program creates its own objects: the script would have created a table too.
    assert_eq!(database.value("SELECT to_regclass('t_b') IS NULL AND to_regclass('t_c') IS NOT NULL"), "t");
    alembic.does("check");
}

#[test]
fn a_command_that_fails_in_the_middle_leaves_what_is_recorded_and_is_tried_again() {
    let database = TestDatabase::new();
    let stop = "op.execute('SELECT 1 / (SELECT count(*) FROM t_ready)')".to_owned();
    let middle =
        Revision { upgrade: vec![stop, "op.execute('CREATE TABLE t_b (id int)')".to_owned()], ..python("b", &["a"]) };
    let gate = gate(&database, &[table("a", &[]), middle, table("c", &["b"])]);
    let Some(mut alembic) = Alembic::start(&gate, &database) else { return };
    let gate = gate.alembic_runner();
    says(&gate.run().expect(65), &["error[LG0606]", "UndefinedTable", "the database is at a", "pending: b"]);
    assert_eq!((version(&database), history(&database)), ("a".to_owned(), "a applied".to_owned()));
    database.sql("CREATE TABLE t_ready (); ALTER TABLE t_ready ADD x int; INSERT INTO t_ready VALUES (1)");
    says(&gate.run().expect(0), &["applied: b c"]);
    alembic.does("check");
}

#[test]
fn a_folder_and_its_project_are_of_one_text() {
    let database = TestDatabase::new();
    let gate = gate(&database, &[table("a", &[]), table("b", &["a"])]);
    std::fs::write(gate.file("versions/b.py"), python("b", &["a"]).python() + "# edited\n").expect("a file");
    says(&gate.run().expect(65), &["error[LG0202]", "b_x.sql: compiled from another text of versions/b.py"]);
    std::fs::remove_file(gate.file("versions/b.py")).expect("a file");
    says(&gate.run().expect(65), &["b_x.sql: the Alembic project has no revision b"]);
    gate.write("b_x.sql", "-- lockgate:after a\n-- lockgate:trace runner\nSELECT 1");
    says(&gate.run().expect(65), &["b_x.sql: Alembic itself runs what is under `lockgate:trace runner`"]);
    assert!(is_untouched(&database));
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/alembic")
}

/// A change to a database by hand, and the end of each way.
struct Incident {
    at: &'static str,
    outside: &'static str,
    runner: (i32, &'static str),
    compiled: (i32, &'static str),
}

const INCIDENTS: &[Incident] = &[
    Incident {
        at: "0c4f6d2b81aa",
        outside: "INSERT INTO organisations (plan) VALUES ('pro'); ALTER TABLE organisations ADD COLUMN rate_limit_per_hour integer NOT NULL DEFAULT 1000",
        runner: (65, "DuplicateColumn"),
        compiled: (0, "the tool itself runs 7e90b1c2d4f5"),
    },
    Incident {
        at: "a91c03de57f4",
        outside: "DROP TABLE module_usage_logs",
        runner: (65, "UndefinedTable"),
        compiled: (65, "public.module_usage_logs is missing"),
    },
    Incident {
        at: "5d21aa90c3e7",
        outside: "ALTER TABLE player_wellness_state ADD COLUMN updated_at timestamp NOT NULL DEFAULT now()",
        runner: (65, "DuplicateColumn"),
        compiled: (0, "1 satisfied"),
    },
    Incident {
        at: "5d21aa90c3e7",
        outside: "ALTER TABLE player_wellness_state ADD COLUMN updated_at timestamp NOT NULL DEFAULT now(); \
                  CREATE INDEX idx_player_wellness_state_updated_at ON player_wellness_state (updated_at)",
        runner: (65, "DuplicateColumn"),
        compiled: (0, "2 satisfied"),
    },
    Incident {
        at: "4b77dfea8799",
        outside: "CREATE TYPE hierarchylevel AS ENUM ('organisation', 'group', 'site')",
        runner: (65, "DuplicateObject"),
        compiled: (0, "1 satisfied"),
    },
    Incident { at: "head", outside: "SELECT 1", runner: (0, "nothing to do"), compiled: (0, "nothing to do") },
];

#[test]
fn each_incident_ends_at_head_or_in_one_refusal_and_alembic_accepts_it() {
    let Some(place) = alembic_place() else { return };
    let ini = example().join("alembic.ini");
    let runner = format!("{}/alembic -c {} upgrade {{target}}", place.display(), ini.display());
    let gate = |database: &TestDatabase, directory: PathBuf| {
        let gate = Gate::new(database).migrations(directory).env("LOCKGATE_LOG_FORMAT", "text").args(["migrate"]);
        gate.env("LOCKGATE_RUNNER", &runner).env("PYTHONDONTWRITEBYTECODE", "1")
    };
    for incident in INCIDENTS {
        println!("{}", incident.outside);
        let [python, compiled] = [TestDatabase::new(), TestDatabase::new()];
        let by_runner = gate(&python, example());
        let by_us = |database| gate(database, example().join("lockgate")).env("LOCKGATE_COEXIST", "alembic");
        for (gate, database, (code, words)) in
            [(by_runner, &python, incident.runner), (by_us(&compiled), &compiled, incident.compiled)]
        {
            by_us(database).with(["migrate", incident.at]).run().expect(0);
            database.sql(incident.outside);
            let before = version(database);
            says(&gate.run().expect(code), &[words]);
            if code == 0 {
                let mut alembic = Alembic::over(&ini, database).expect("Alembic");
                alembic.does("check");
                alembic.does("upgrade heads");
                says(&gate.run().expect(0), &["nothing to do"]);
                assert_eq!(database.value("SELECT count(*) FROM organisations WHERE level IS NULL"), "0");
            } else {
                assert_eq!(version(database), before);
            }
        }
    }
}

/// One revision of the middle waits where the test wants: of Alembic's own, or of a script.
fn waits(id: &str, down: &[&str], is_compiled: bool) -> Revision {
    let sql = format!("CREATE TABLE t_{id} (id int); {HELD}");
    let compiled = is_compiled.then(|| ("blind", sql.clone()));
    Revision { upgrade: vec![format!("op.execute('{sql}')")], compiled, ..table(id, down) }
}

/// Every column of the chain's tables, and both histories.
fn made(database: &TestDatabase) -> (String, String, String) {
    let columns = "SELECT string_agg(format('%s.%s %s', attrelid::regclass, attname, atttypid::regtype), ', ' ORDER BY attrelid::regclass::text) \
                   FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE attnum > 0 AND relname LIKE 't\\_%'";
    (database.value(columns), version(database), history(database))
}

#[test]
fn a_gate_that_is_killed_in_the_middle_leaves_no_session_and_the_retry_ends_as_a_fresh_run() {
    let chain = |compiled: bool| {
        let [b, c] = [waits("b", &["a"], false), waits("c", &["b"], true)];
        let [b, c] = if compiled { [python("b", &["a"]), c] } else { [b, table("c", &["b"])] };
        [table("a", &[]), b, c, python("d", &["c"]), table("e", &["d"])]
    };
    for in_script in [false, true] {
        let database = TestDatabase::new();
        let hold = Hold::on(&database);
        let gate = gate(&database, &chain(in_script));
        let Some(mut alembic) = Alembic::start(&gate, &database) else { return };
        let gate = gate.alembic_runner().env("LOCKGATE_DDL_LOCK_TIMEOUT", "5m");
        let running = gate.spawn();
        let pid = hold.reached();
        running.kill();
        let began = std::time::Instant::now();
        let left = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
        eventually("no session of the run is left", || hold.value(&left) == "0");
        println!("in a script: {in_script}; gone within {:?}", began.elapsed());
        let at = if in_script { "b" } else { "a" };
        assert_eq!((version(&database).as_str(), hold.value("SELECT to_regclass('t_c') IS NULL").as_str()), (at, "t"));
        drop(hold);

        gate.run().expect(0);
        alembic.does("check");
        let fresh = TestDatabase::new();
        drop(Hold::on(&fresh));
        gate.clone().env("LOCKGATE_DATABASE_URL", fresh.url()).run().expect(0);
        assert_eq!(made(&database), made(&fresh), "in a script: {in_script}");
    }
}
