//! Objects of lesser roles: a case per folder of `tests/trust`, whose README says how to write one. In no case may a trap of the
//! lesser role spring for the gate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::support::{Gate, TestDatabase, eventually};

/// The gate's role: `superuser`, `owner` of the database, `member` of a role that owns it without owning it itself.
const GATES: [&str; 3] = ["superuser", "owner", "member"];

/// So many at a time; each has a database of its own.
const THREADS: usize = 4;

/// Counted by the server even if the transaction fails, so that a trap is seen that sprang in a transaction that was rolled back.
const SPRUNG: &str = "SELECT coalesce(sum(calls), 0)::text FROM pg_stat_user_functions WHERE funcname = 'sprung'";

/// The lesser role's objects in every case: `trap(text)` and the trigger function `trap_row()`.
const TRAPS: &str = "
CREATE FUNCTION public.sprung() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION public.trap(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    $$BEGIN IF session_user <> '{mallory}' THEN PERFORM public.sprung(); END IF; RETURN $1; END$$;
CREATE FUNCTION public.trap_row() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN IF session_user <> '{mallory}' THEN PERFORM public.sprung(); END IF; RETURN NEW; END$$;
GRANT EXECUTE ON FUNCTION public.sprung(), public.trap(text), public.trap_row() TO PUBLIC;";

#[derive(Default)]
struct Case {
    name: String,
    files: BTreeMap<String, String>,
    chain: Vec<(String, String)>,
    gates: Vec<String>,
    applied: Option<String>,
    exits: BTreeMap<String, i32>,
    /// In all runs, and in one of them.
    says: Vec<String>,
    says_once: Vec<(String, String)>,
    /// The run in which the chain's own words spring a trap.
    springs: Option<String>,
    never: Vec<String>,
    settings: Vec<(String, String)>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trust")
}

fn files_of(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).map(|all| all.map(|entry| entry.expect("an entry").path()).collect());
    let mut files: Vec<PathBuf> = entries.unwrap_or_default();
    files.sort();
    let named = |file: PathBuf| {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&file).expect("a file"))
    };
    files.into_iter().filter(|file| file.is_file()).map(named).collect()
}

fn case(folder: &Path) -> Case {
    let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
    let mut case = Case {
        name,
        files: files_of(folder).into_iter().collect(),
        chain: files_of(&folder.join("chain")),
        ..Case::default()
    };
    assert!(!case.chain.is_empty(), "{}: no chain", case.name);
    let expect = case.files.remove("expect.txt").unwrap_or_else(|| panic!("{}: no expect.txt", case.name));
    for line in expect.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{}: {line:?}", case.name));
        let pair = |value: &str| value.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        match key {
            "gate" => case.gates = value.split(", ").map(str::to_owned).collect(),
            "applied" => case.applied = Some(value.to_owned()),
            "plan" | "migrate" => drop(case.exits.insert(key.to_owned(), value.parse().expect("an exit code"))),
            "says" => case.says.push(value.to_owned()),
            "springs" => case.springs = Some(value.to_owned()),
            _ if key.starts_with("says ") => case.says_once.push((key[5..].to_owned(), value.to_owned())),
            "never" => case.never.push(value.to_owned()),
            "setting" => case.settings.extend(pair(value)),
            _ => panic!("{}: {line:?}", case.name),
        }
    }
    assert!(case.gates.iter().all(|gate| GATES.contains(&gate.as_str())), "{}: {:?}", case.name, case.gates);
    assert!(!case.gates.is_empty() && case.exits.len() == 2, "{}: gate, plan and migrate are said", case.name);
    case
}

/// A case before one gate.
struct Stage<'a> {
    case: &'a Case,
    database: TestDatabase,
    url: String,
    names: Vec<(&'static str, String)>,
}

impl<'a> Stage<'a> {
    fn new(case: &'a Case, kind: &str) -> Self {
        let database = TestDatabase::new();
        let cluster = database.cluster().clone();
        let (mallory, owner) = (cluster.role("LOGIN"), cluster.role("NOLOGIN"));
        let gate = match kind {
            "superuser" => None,
            "member" => Some(cluster.role(&format!("LOGIN IN ROLE {owner}"))),
            _ => Some(cluster.role("LOGIN")),
        };
        let url = gate.as_ref().map_or_else(|| database.url(), |gate| database.url_as(gate, None));
        let admin = database.value("SELECT current_user");
        let name = database.name();
        database.sql(&format!(
            "ALTER DATABASE {name} SET track_functions = 'all'; GRANT CREATE ON SCHEMA public TO {mallory}, {owner}; \
             GRANT CREATE ON DATABASE {name} TO {mallory}, {owner}"
        ));
        if kind == "owner" {
            database.sql(&format!("ALTER DATABASE {name} OWNER TO {}", gate.as_deref().unwrap_or_default()));
        }
        let names = vec![("{mallory}", mallory), ("{owner}", owner), ("{gate}", gate.unwrap_or(admin))];
        Self { case, database, url, names }
    }

    fn fill(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (word, name)| text.replace(word, name))
    }

    fn gate(&self) -> Gate {
        let gate = Gate::at(&self.url).env("LOCKGATE_LOG_FORMAT", "text");
        let settings = self.case.settings.iter().map(|(name, value)| (name.clone(), self.fill(value)));
        let gate = settings.fold(gate, |gate, (name, value)| gate.env(name, value));
        self.case.chain.iter().for_each(|(name, text)| gate.write(name, self.fill(text)));
        gate
    }

    /// Runs a file of the case as a role, or as the administrator.
    fn run(&self, file: &str, role: Option<&str>) {
        let Some(sql) = self.case.files.get(file) else { return };
        let role = role.map(|role| format!("SET SESSION AUTHORIZATION {role}; ")).unwrap_or_default();
        self.database.sql(&format!("{role}{}", self.fill(sql)));
    }

    fn sprung(&self) -> String {
        let sessions =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        eventually("the sessions end", || self.database.value(sessions) == "0");
        self.database.value(SPRUNG)
    }

    fn play(&self) -> Vec<String> {
        let gate = self.gate();
        let mallory = self.fill("{mallory}");
        self.database.sql(&format!("SET SESSION AUTHORIZATION {mallory}; {}", self.fill(TRAPS)));
        self.run("admin.sql", None);
        self.run("owner.sql", Some(&self.fill("{owner}")));
        if let Some(target) = &self.case.applied {
            gate.with(["migrate", target]).run().expect(0);
        }
        self.run("before.sql", Some(&mallory));
        self.run("hand.sql", None);
        let mut sprung = self.sprung();
        let mut wrong = Vec::new();
        let runs: [(&str, &[&str]); 3] =
            [("plan", &["plan"]), ("plan", &["plan", "--check-data"]), ("migrate", &["migrate"])];
        for (kind, arguments) in runs {
            let outcome = gate.with(arguments).run();
            if outcome.code != self.case.exits.get(kind).copied() {
                wrong.push(format!("{arguments:?} does not end with {:?}: {outcome}", self.case.exits.get(kind)));
            }
            let said = format!("{}{}", outcome.stdout, outcome.stderr);
            let says = |text: &&String| said.contains(&self.fill(text));
            wrong.extend(
                self.case
                    .says
                    .iter()
                    .filter(|text| !says(text))
                    .map(|text| format!("{arguments:?} does not say {text:?}: {outcome}")),
            );
            wrong.extend(
                self.case.never.iter().filter(says).map(|text| format!("{arguments:?} says {text:?}: {outcome}")),
            );
            let of_run =
                self.case.says_once.iter().filter(|(run, _)| *run == arguments.join(" ")).map(|(_, text)| text);
            wrong.extend(
                of_run.filter(|text| !says(text)).map(|text| format!("{arguments:?} does not say {text:?}: {outcome}")),
            );
            let may_spring = self.case.springs.as_deref() == Some(kind);
            if may_spring {
                // Before version 15 a session tells its counts some time after its statement.
                eventually("the trap is counted", || self.sprung() != sprung);
            }
            let before = std::mem::replace(&mut sprung, self.sprung());
            if sprung != before && !may_spring {
                wrong.push(format!("{arguments:?} sprang a trap: {outcome}"));
            }
        }
        wrong
    }
}

#[test]
fn nothing_of_a_lesser_role_is_adopted_or_run() {
    let folders = std::fs::read_dir(root()).expect("the cases").map(|entry| entry.expect("an entry").path());
    let wanted = std::env::var("LOCKGATE_TEST_CASES").unwrap_or_default();
    let cases: Vec<Case> = folders.filter(|path| path.is_dir()).map(|path| case(&path)).collect();
    let chosen = cases.iter().filter(|case| case.name.contains(&wanted));
    let stages: Vec<(&Case, &String)> =
        chosen.flat_map(|case| case.gates.iter().map(move |gate| (case, gate))).collect();
    let (queue, wrong) = (Mutex::new(stages), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((case, gate)) = { queue.lock().expect("no panic").pop() } {
                    let found = Stage::new(case, gate).play();
                    let found = found.into_iter().map(|line| format!("{} ({gate}): {line}", case.name));
                    wrong.lock().expect("no panic").extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_trap_that_springs_is_seen_though_its_transaction_is_rolled_back() {
    let none = Case { name: "control".to_owned(), ..Case::default() };
    let stage = Stage::new(&none, "superuser");
    stage.database.sql(&format!("SET SESSION AUTHORIZATION {}; {}", stage.fill("{mallory}"), stage.fill(TRAPS)));
    stage.database.sql("BEGIN READ ONLY; EXPLAIN SELECT public.trap('x'); ROLLBACK");
    // Before version 15 a session tells its counts some time after its statement.
    eventually("the trap is counted", || stage.sprung() != "0");
}
