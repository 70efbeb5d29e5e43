//! A chain of Alembic's: seen without Python, its history in the version table.

use lockgate::alembic::{Heads, Search};

use crate::support::{Gate, Proxy, TestDatabase, alembic_place, eventually, says};

/// A revision as Alembic's template has it.
fn revision(id: &str, down: &str) -> String {
    format!(
        "\"\"\"make {id}\n\nRevision ID: {id}\nrevision = \"x\"\n\"\"\"\nfrom typing import Sequence, Union\n\nfrom alembic import op\n\n\
         revision: str = '{id}'\ndown_revision: Union[str, Sequence[str], None] = {down}\nbranch_labels = None\ndepends_on = None\n\n\
         def upgrade() -> None:\n    op.execute('CREATE TABLE t_{id} (id int)')\n"
    )
}

const LINE: &[(&str, &str)] = &[("a1", "None"), ("b2", "'a1'"), ("c3", "'b2'")];

/// A project as `alembic init` lays it, in the directory of the chain.
fn project(gate: Gate, revisions: &[(&str, &str)]) -> Gate {
    std::fs::create_dir_all(gate.chain_directory().join("versions")).expect("a directory");
    gate.write("env.py", "from alembic import context\n");
    for (id, down) in revisions {
        gate.write(&format!("versions/{id}_x.py"), revision(id, down));
    }
    gate
}

fn gate(database: &TestDatabase) -> Gate {
    project(Gate::new(database), LINE).env("LOCKGATE_LOG_FORMAT", "text")
}

/// The version table, as Alembic makes it.
fn at(database: &TestDatabase, ids: &[&str]) {
    database.sql(
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY \
         (version_num)); DELETE FROM alembic_version",
    );
    ids.iter().for_each(|id| database.sql(&format!("INSERT INTO alembic_version VALUES ('{id}')")));
}

#[test]
fn status_says_where_the_version_table_stands() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    let json = |gate: &Gate| gate.with(["status", "--json"]).run().expect(0).json();

    let fresh = gate.with(["status"]).run().expect(0);
    says(
        &fresh,
        &[
            "history   public.alembic_version, Alembic's, not made yet",
            "current   base (0 applied)",
            "pending   a1 b2 c3",
        ],
    );
    gate.with(["status", "--check"]).run().expect(3);

    at(&database, &["b2"]);
    let half = json(&gate);
    assert_eq!((&half["state"], &half["current"], &half["head"]), (&"pending".into(), &"b2".into(), &"c3".into()));
    assert_eq!((&half["layout"], &half["pending"]), (&"alembic".into(), &serde_json::json!(["c3"])));
    let plan = gate.with(["plan"]).run().expect(0);
    says(
        &plan,
        &[
            "from b2 to c3: 1 revision",
            "c3  c3_x.py  make c3",
            "next: set LOCKGATE_RUNNER, as in `alembic upgrade head`",
        ],
    );
    gate.with(["plan", "--check"]).run().expect(3);

    at(&database, &["c3"]);
    assert_eq!(json(&gate)["state"], "at head");
    gate.with(["status", "--check"]).run().expect(0);
}

#[test]
fn what_is_pending_and_has_no_runner_is_refused_and_nothing_is_written() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    for command in [vec!["migrate"], vec!["exec", "--", "true"]] {
        let outcome = gate.with(command).run().expect(78);
        says(&outcome, &["error[LG0204]", "pending: a1 b2 c3", "LOCKGATE_RUNNER"]);
    }
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
}

#[test]
fn at_head_a_gate_opens_in_one_round_trip_without_a_lock_as_a_reader() {
    let database = TestDatabase::new();
    at(&database, &["c3"]);
    let reader = database.cluster().role("LOGIN");
    database.sql(&format!("GRANT SELECT ON alembic_version TO {reader}"));
    let proxy = Proxy::to(database.cluster());
    let gate = gate(&database).env("LOCKGATE_DATABASE_URL", database.url_via(&proxy)).args(["migrate"]);
    gate.run().expect(0);
    eventually("all is closed", || proxy.connections().iter().all(|connection| connection.closed));
    let connections = proxy.connections();
    assert_eq!(connections.len(), 1);
    assert_eq!((connections[0].to_server.as_str(), connections[0].round_trips), ("^QX", 2));
    let wait = gate.with(["wait"]).env("LOCKGATE_DATABASE_URL", database.url_as(&reader, None)).run().expect(0);
    says(&wait, &["at head c3"]);
}

#[test]
fn wait_opens_once_another_run_has_brought_the_database_to_head() {
    let database = TestDatabase::new();
    at(&database, &["a1"]);
    let mut waiting = gate(&database).args(["wait"]).spawn();
    waiting.says("waiting for another run");
    at(&database, &["c3"]);
    waiting.wait(std::time::Duration::from_secs(20)).expect(0);
}

#[test]
fn serve_shows_sets_of_heads_and_follows_the_version_table() {
    let database = TestDatabase::new();
    let fork = [("a1", "None"), ("b2", "'a1'"), ("c3", "'a1'")];
    let gate =
        project(Gate::new(&database), &fork).env("LOCKGATE_ALEMBIC_HEADS", "many").env("LOCKGATE_LOOK_EVERY", "50ms");
    at(&database, &["b2", "c3"]);
    let mut serving = gate.args(["serve"]).spawn();
    serving.answers("/ready", 200);
    let metrics = serving.http_get("/metrics").body;
    assert!(metrics.contains("lockgate_revisions{state=\"applied\"} 3"), "{metrics}");
    let mut status = || serving.http_get("/status").json();
    assert_eq!((&status()["head"], &status()["current"]), (&"b2+c3".into(), &"b2+c3".into()));
    at(&database, &["b2"]);
    eventually("it is seen", || status()["pending"] == serde_json::json!(["c3"]));
    eventually("it is told", || status()["failure"]["code"] == "LG0519");
}

#[test]
fn a_row_that_the_chain_does_not_know_is_ahead_a_gap_or_another_services() {
    let database = TestDatabase::new();
    let gate = gate(&database).args(["migrate"]);
    at(&database, &["z9"]);
    let foreign = gate.run().expect(65);
    says(
        &foreign,
        &[
            "error[LG0505]",
            "public.alembic_version knows none",
            "it has z9",
            "LOCKGATE_COEXIST=alembic:public.alembic_version",
        ],
    );
    let named = gate.clone().env("LOCKGATE_COEXIST", "alembic:public.alembic_version");
    says(&named.run().expect(0), &["ahead of head c3 by 1"]);
    says(&named.env("LOCKGATE_AHEAD", "fail").run().expect(65), &["error[LG0504]"]);
    at(&database, &["b2", "z9"]);
    says(&gate.run().expect(65), &["error[LG0502]", "unknown: z9", "not applied: c3"]);
}

#[test]
fn everything_that_is_wrong_with_the_files_is_said_at_once_and_before_the_database_is_asked() {
    let database = TestDatabase::new();
    let gate = gate(&database).env("LOCKGATE_DATABASE_URL", "postgres://nobody@127.0.0.1:1/x");
    gate.write("versions/d.py", "import os\nrevision = os.environ['X']\ndown_revision = 'c3'\n");
    gate.write("versions/notes.py", "x = 1\n");
    let refused = gate.with(["migrate"]).run().expect(65);
    says(&refused, &["error[LG0202]", "2 problems", "d.py:2: revision is computed", "notes.py: it sets no revision"]);
    for (file, text) in [("d.py", revision("d4", "'nowhere'")), ("notes.py", revision("c3", "'b2'"))] {
        gate.write(&format!("versions/{file}"), text);
    }
    let refused = gate.with(["migrate"]).run().expect(65);
    says(&refused, &["d.py:11: it follows nowhere", "revision c3 is in 2 files: c3_x.py, notes.py"]);
    gate.remove("versions/notes.py");
    gate.write("versions/d.py", revision("d4", "'b2'"));
    says(
        &gate.with(["migrate"]).run().expect(65),
        &["2 heads: c3 (c3_x.py), d4 (d.py)", "alembic merge", "LOCKGATE_ALEMBIC_HEADS=many"],
    );
}

#[test]
fn the_version_table_is_found_where_env_py_says_and_looked_at_before_it_is_read() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    database.sql("CREATE SCHEMA ops; CREATE TABLE ops.versions (version_num varchar(32)); INSERT INTO ops.versions VALUES ('c3')");
    gate.write("env.py", "context.configure(version_table='versions', version_table_schema=\"ops\")\n");
    says(&gate.with(["status"]).run().expect(0), &["history   ops.versions, Alembic's", "state     at head"]);

    gate.write("env.py", "context.configure(version_table=name())\n");
    says(&gate.with(["status"]).run().expect(78), &["computes its version table", "LOCKGATE_COEXIST=alembic:"]);

    gate.write("env.py", "");
    let lesser = database.cluster().role("LOGIN");
    database.sql(&format!(
        "CREATE VIEW alembic_version AS SELECT 'c3'::text AS version_num; ALTER VIEW alembic_version OWNER TO {lesser}"
    ));
    says(&gate.with(["migrate"]).run().expect(65), &["error[LG0515]", "it is a view"]);
}

#[test]
fn commands_for_sql_files_are_refused_with_alembics_own() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    for (command, code, instead) in [
        (["down", "base"], "error[LG0204]", "LOCKGATE_RUNNER_DOWN, as in `alembic downgrade {target}`"),
        (["stamp", "head"], "error[LG0206]", "alembic stamp"),
    ] {
        says(&gate.with(command).run().expect(78), &[code, instead]);
    }
}

#[test]
fn random_graphs_are_read_as_alembic_reads_them() {
    let Some(place) = alembic_place() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let seed = std::env::var("LOCKGATE_TEST_SEED").unwrap_or_else(|_| std::process::id().to_string());
    println!("LOCKGATE_TEST_SEED={seed}");
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/alembic/graphs.py");
    let made =
        std::process::Command::new(place.join("python")).arg(script).arg(directory.path()).args([&seed, "30"]).output();
    let made = made.expect("Alembic's Python");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let lines = String::from_utf8(made.stdout).expect("JSON");
    assert_eq!(lines.lines().count(), 30);
    for line in lines.lines() {
        let wanted: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let folder = std::path::Path::new(wanted["folder"].as_str().expect("a folder"));
        let search = Search { directory: &folder.join("versions"), settings: None, section: "alembic" };
        let project = search.find().expect("a project").expect("one of Alembic's");
        let graph = lockgate::alembic::read(&project, Heads::Many).unwrap_or_else(|error| panic!("{error:?}"));
        let ids = |set: &[usize]| {
            let mut ids: Vec<&str> = set.iter().map(|&at| graph.revisions()[at].id.as_str()).collect();
            ids.sort_unstable();
            serde_json::json!(ids)
        };
        assert_eq!(ids(graph.heads()), wanted["heads"], "{}", folder.display());
        let ancestors = wanted["ancestors"].as_object().expect("revisions");
        assert_eq!(ancestors.len(), graph.revisions().len());
        for (id, wanted) in ancestors {
            let closed = graph.closed(graph.find(id));
            let found: Vec<usize> = (0..closed.len()).filter(|&at| closed[at]).collect();
            assert_eq!(&ids(&found), wanted, "{id} in {}", folder.display());
        }
    }
}

/// Styles that say their ids in a way that only a run could tell: refused, by name.
const REFUSED: &[&str] = &[
    "walrus",
    "if true",
    "raw bytes fn",
    "format",
    "percent",
    "join",
    "strip",
    "ternary",
    "or",
    "subscript",
    "globals()",
    "exec",
    "for",
    "with as",
    "except as",
    "augmented",
    "unpack star",
    "list append",
    "subscript set",
    "if one-line else",
];

/// Ids that Alembic takes and no command can name, and one that it warns of.
const STRICTER: &[&str] = &["id empty", "id head", "dup id"];

#[test]
fn a_file_of_any_style_is_read_as_alembic_reads_it_or_refused() {
    let Some(place) = alembic_place() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/alembic/styles.py");
    let made = std::process::Command::new(place.join("python")).arg(script).arg(directory.path()).output();
    let made = made.expect("Alembic's Python");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let lines = String::from_utf8(made.stdout).expect("JSON");
    assert!(lines.lines().count() > 100);
    for line in lines.lines() {
        let wanted: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let name = wanted["name"].as_str().expect("a name");
        let versions = std::path::Path::new(wanted["folder"].as_str().expect("a folder")).join("versions");
        let search = Search { directory: &versions, settings: None, section: "alembic" };
        let project = search.find().expect("a project").unwrap_or_else(|| search.as_said());
        let read = lockgate::alembic::read(&project, Heads::Many);
        let is_refused = wanted.get("error").is_some() || REFUSED.contains(&name) || STRICTER.contains(&name);
        let graph = match read {
            Ok(graph) => graph,
            Err(error) => {
                assert!(is_refused, "{name}: {error:?}");
                continue;
            }
        };
        assert!(!is_refused, "{name}: {wanted}");
        let id = |at: &usize| graph.revisions()[*at].id.clone();
        let sorted = |set: &[usize]| {
            let mut ids: Vec<String> = set.iter().map(id).collect();
            ids.sort_unstable();
            serde_json::json!(ids)
        };
        assert_eq!(sorted(graph.heads()), wanted["heads"], "{name}");
        let parents = wanted["parents"].as_object().expect("revisions");
        assert_eq!(parents.len(), graph.revisions().len(), "{name}");
        for (at, revision) in graph.revisions().iter().enumerate() {
            assert_eq!(Some(&sorted(graph.parents(at))), parents.get(&revision.id), "{name}: {}", revision.id);
        }
    }
}
