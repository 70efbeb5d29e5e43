//! An Alembic chain recorded on the wire and compiled: by three drivers, by classes, proved; and the operations that are refused
//! by name.

use std::path::{Path, PathBuf};

use crate::support::{Cluster, Gate, TestDatabase, alembic_place, says};

/// A project of the files in `tests/record`, on a scratch database of the shared server.
struct Project {
    gate: Gate,
    place: PathBuf,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/record").join(name)
}

fn scripts(name: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder(name)).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut found: Vec<(String, String)> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("a file"))
        })
        .collect();
    found.sort();
    found
}

impl Project {
    fn new(scripts: &[(String, String)], driver: &str) -> Option<Self> {
        let url = Cluster::shared().url("postgres");
        Self::at(scripts, driver, &url)
    }

    fn at(scripts: &[(String, String)], driver: &str, scratch: &str) -> Option<Self> {
        let place = alembic_place()?;
        let gate = Gate::without_database().env("LOCKGATE_LOG_FORMAT", "text").env("LOCKGATE_SCRATCH_URL", scratch);
        let gate = gate.env("APP_DATABASE", format!("postgresql+{driver}://app@nowhere.invalid/app?sslmode=require"));
        std::fs::create_dir_all(gate.chain_directory().join("versions")).expect("a directory");
        gate.write("alembic.ini", "[alembic]\nscript_location = %(here)s\n");
        gate.write("env.py", std::fs::read(folder("env.py")).expect("env.py"));
        scripts.iter().for_each(|(name, text)| gate.write(&format!("versions/{name}"), text));
        Some(Self { gate, place })
    }

    fn command(&self, flags: &[&str], command: &[&str]) -> Gate {
        let out = self.out().display().to_string();
        let first = ["import", "alembic", "--out", &out, "--url-env", "APP_DATABASE"];
        let words = first.iter().chain(flags).chain(&["--"]).chain(command);
        self.gate.with(words.map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    fn import(&self, flags: &[&str]) -> Gate {
        let ini = self.gate.chain_directory().join("alembic.ini").display().to_string();
        let program = self.place.join("alembic").display().to_string();
        self.command(flags, &[&program, "-c", &ini, "upgrade", "{target}"])
    }

    fn out(&self) -> PathBuf {
        self.gate.chain_directory().join("lockgate")
    }

    fn written(&self) -> Vec<(String, String)> {
        let Ok(entries) = std::fs::read_dir(self.out()) else { return Vec::new() };
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut files: Vec<(String, String)> = paths
            .map(|path| {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                (name, std::fs::read_to_string(path).expect("a file"))
            })
            .collect();
        files.sort();
        files
    }

    /// The compiled file of a script.
    #[track_caller]
    fn of(&self, script: &str) -> String {
        let from = format!("-- lockgate:from versions/{script} sha256:");
        let found = self.written().into_iter().find(|(_, text)| text.contains(&from));
        found.unwrap_or_else(|| panic!("{script} has no file")).1
    }
}

/// The words behind `# NAME:` in a script, a line each.
fn notes<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let mark = format!("# {name}: ");
    text.lines().filter_map(|line| line.strip_prefix(mark.as_str())).collect()
}

fn compiles_by(driver: &str) -> Option<Project> {
    let scripts = scripts("compiled");
    let project = Project::new(&scripts, driver)?;
    let outcome = project.import(&[]).run().expect(0);
    for (name, text) in &scripts {
        let compiled = project.of(name);
        let class = notes(text, "class")[0];
        assert!(
            compiled.contains(&format!("-- lockgate:trace {class}\n")),
            "{driver}, {name} is not {class}:\n{compiled}"
        );
        for words in notes(text, "holds") {
            assert!(compiled.contains(words), "{driver}, {name} does not hold {words}:\n{compiled}");
        }
        assert!(!compiled.contains('\r') && !compiled.contains("not here"), "{driver}, {name}:\n{compiled}");
    }
    says(
        &outcome,
        &["14 revisions: 7 blind, 1 catalog, 3 counts, 2 rows, 1 runner; 14 files", "runner   e5  (inspect, line 11)"],
    );
    assert_eq!(project.written().len(), scripts.len());
    Some(project)
}

#[test]
fn a_chain_is_compiled_as_psycopg2_sends_it_and_goes_on_in_a_database() {
    let Some(project) = compiles_by("psycopg2") else { return };
    assert!(project.of("k12_right.py").starts_with("-- lockgate:id 2026_k12\n-- lockgate:after j10\n"));
    assert!(
        project.of("l13_merge.py").starts_with("-- lockgate:after 2026_k12, k11\n")
            || project.of("l13_merge.py").starts_with("-- lockgate:after k11, 2026_k12\n")
    );
    assert!(project.of("i9_driver.py").contains("FROM STDIN;\n10\tten\n11\t\\N\n\\.\n"));
    // Nothing has changed, so nothing runs.
    let same = project.command(&["--check"], &["/nowhere/alembic"]).run().expect(0);
    says(&same, &["up to date: 14 revisions"]);
    says(&project.command(&["--check", "--all"], &["/nowhere/alembic"]).run().expect(78), &["error[LG0211]"]);
    // The file that was compiled from another text is not run any more.
    let database = TestDatabase::new();
    let chain = project.gate.clone().env("LOCKGATE_MIGRATIONS", project.out());
    let chain = chain.env("LOCKGATE_DATABASE_URL", database.url());
    chain.with(["status"]).run().expect(0);
    let text = scripts("compiled")[1].1.clone();
    project.gate.write("versions/b2_catalog.py", text.replace("slug", "slug2"));
    says(
        &chain.with(["status"]).run().expect(65),
        &["b2_a_guard_that_adds.sql: compiled from another text of versions/b2_catalog.py"],
    );
}

#[test]
fn a_chain_is_compiled_as_psycopg_sends_it() {
    compiles_by("psycopg");
}

#[test]
fn a_chain_is_compiled_as_asyncpg_sends_it() {
    compiles_by("asyncpg");
}

#[test]
fn what_is_not_for_everybody_is_refused_by_name_and_no_secret_is_told() {
    let scripts = scripts("refused");
    let Some(project) = Project::new(&scripts, "psycopg2") else { return };
    let gate = project.import(&[]).env("APP_TOKEN", "opensesame-22").env("AFTER", "INSERT INTO t VALUES (99)");
    let outcome = gate.run().expect(65);
    for (name, text) in &scripts {
        for words in notes(text, "why") {
            assert!(outcome.stderr.contains(words), "{name} is not refused with {words:?}; {outcome}");
        }
    }
    says(&outcome, &["error[LG0213]", "env.py writes after the last revision: INSERT INTO t VALUES (?)"]);
    for secret in ["swordfish", "opensesame"] {
        assert!(!outcome.to_string().contains(secret), "{secret} is told; {outcome}");
    }
    assert_eq!(project.written(), []);
}

fn small(names: &[&str]) -> Vec<(String, String)> {
    let refused = scripts("refused").into_iter().filter(|(name, _)| name != "a1_base.py");
    let all = scripts("compiled").into_iter().chain(refused);
    all.filter(|(name, _)| names.contains(&name.as_str())).collect()
}

#[test]
fn a_directory_is_held_against_its_python_files_and_written_again() {
    let Some(project) = Project::new(&small(&["b2_catalog.py"]), "psycopg2") else { return };
    let base = |extra: &str| {
        let (name, text) = small(&["a1_base.py"]).remove(0);
        project.gate.write(&format!("versions/{name}"), text + extra);
    };
    base("");
    project.import(&[]).run().expect(0);
    let before = project.written();
    std::fs::write(project.out().join("z9_own.sql"), "-- lockgate:after b2\nSELECT 1").expect("a file");

    base("    op.execute(\"COMMENT ON TABLE t IS 'x'\")\n");
    project.gate.remove("versions/b2_catalog.py");
    let check = project.import(&["--check"]).run().expect(3);
    says(&check, &["changed  a1_base.sql", "gone     b2_a_guard_that_adds.sql"]);
    project.import(&[]).run().expect(0);
    let after = project.written();
    assert_eq!(after.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a1_base.sql", "z9_own.sql"]);
    assert!(after[0].1.starts_with(before[0].1.split("-- lockgate:from").next().expect("a start")));
    assert!(after[0].1.ends_with("COMMENT ON TABLE t IS 'x';\n"), "{}", after[0].1);
}

#[test]
fn another_value_each_time_is_everybodys_where_that_is_accepted() {
    let scripts = small(&["e5_unstable.py"]);
    let base =
        |down: &str| scripts[0].1.replace("\"d4\"", down).replace("UPDATE t SET name =", "CREATE TABLE t AS SELECT");
    let Some(project) = Project::new(&[("e5_unstable.py".to_owned(), base("None"))], "psycopg2") else { return };
    let refused = project.import(&[]).run().expect(65);
    says(&refused, &["e5: two recordings of it are not the same", "--accept REVISION"]);
    project.import(&["--accept", "e5"]).run().expect(0);
    let text = project.of("e5_unstable.py");
    assert!(text.contains("-- Two recordings were not the same.") && text.contains("lockgate:trace blind"), "{text}");
}

#[test]
fn a_revision_that_is_left_to_alembic_is_run_by_it_in_the_proof_too() {
    let mut scripts = small(&["b2_error.py"]);
    scripts.extend(self::scripts("refused").into_iter().filter(|(name, _)| name == "a1_base.py"));
    let last = "from alembic import op\nrevision = \"c3\"\ndown_revision = \"b2\"\n\n\ndef upgrade():\n    op.execute(\"UPDATE t SET name = 'b'\")\n";
    scripts.push(("c3_last.py".to_owned(), last.to_owned()));
    let Some(project) = Project::new(&scripts, "psycopg2") else { return };
    says(&project.import(&[]).run().expect(65), &["b2: it saw an error (23505)", "--leave REVISION"]);
    says(&project.import(&["--leave", "x9"]).run().expect(64), &["the chain has no revision x9"]);
    let outcome = project.import(&["--leave", "b2"]).run().expect(0);
    says(&outcome, &["2 blind, 1 runner", "runner   b2  (left to Alembic)"]);
    // In both recordings, and in the proof.
    assert_eq!(outcome.stderr.matches("Running upgrade a1 -> b2").count(), 3, "{outcome}");
    let text = project.of("b2_error.py");
    assert!(text.starts_with("-- lockgate:after a1\n") && text.ends_with("-- lockgate:trace runner\n"), "{text}");
    let outcome = project.import(&["--from", "b2"]).run().expect(0);
    says(&outcome, &["1 blind, 2 runner"]);
    assert!(project.of("a1_base.py").ends_with("-- lockgate:trace runner\n"));
}

#[test]
fn the_examples_scripts_are_what_its_project_is_compiled_to() {
    let Some(place) = alembic_place() else { return };
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/alembic");
    let gate = Gate::without_database().env("LOCKGATE_SCRATCH_URL", Cluster::shared().url("postgres"));
    let gate = gate.env("LOCKGATE_MIGRATIONS", &example).env("PYTHONDONTWRITEBYTECODE", "1");
    let shown = |path: PathBuf| path.display().to_string();
    let (out, ini) = (shown(example.join("lockgate")), shown(example.join("alembic.ini")));
    let alembic = shown(place.join("alembic"));
    let words =
        ["import", "alembic", "--check", "--all", "--out", &out, "--", &alembic, "-c", &ini, "upgrade", "{target}"];
    says(&gate.with(words.map(str::to_owned)).run().expect(0), &["up to date: 6 revisions"]);
}

#[test]
fn a_run_that_fails_or_persists_nothing_is_no_recording() {
    let Some(project) = Project::new(&small(&["a1_base.py"]), "psycopg2") else { return };
    let nothing = project.import(&[]).env("BEFORE", "SET lock_timeout = '5s'").run().expect(65);
    says(&nothing, &["error[LG0212]", "alembic_version is not at head", "not recorded: a1", "begin_transaction"]);
    says(
        &project.command(&[], &["true"]).run().expect(65),
        &["error[LG0212]", "did not come to the scratch server", "--url-env"],
    );
    let failed = project.import(&[]).env("BEFORE", "SELECT 1/0").run().expect(65);
    says(&failed, &["error[LG0212]: the command ended with 1", "| sqlalchemy.exc.DataError"]);
    let absent = project.command(&[], &["/nowhere/alembic", "upgrade", "{target}"]).run().expect(78);
    says(&absent, &["error[LG0211]", "/nowhere/alembic"]);
    let elsewhere =
        project.import(&[]).env("APP_DATABASE", "postgresql+psycopg2:///x").env_remove("LOCKGATE_SCRATCH_URL");
    says(&elsewhere.env("LOCKGATE_SCRATCH_BIN", "/nowhere").run().expect(78), &["error[LG0209]"]);
    assert_eq!(project.written(), []);
}

#[test]
fn a_password_passes_to_a_server_behind_tls() {
    let cluster = Cluster::shared();
    let role = cluster.role("LOGIN CREATEDB PASSWORD 'o p' IN ROLE secret");
    let url = cluster.url("postgres").replace("//app@", &format!("//{role}:o%20p@"));
    let url = format!("{url}{}sslmode=require", if url.contains('?') { "&" } else { "?" });
    let mut scripts = small(&["a1_base.py"]);
    let witness = "    op.execute('CREATE TABLE w AS SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')\n    \
                   op.execute(\"DO $$ BEGIN IF NOT (SELECT ssl FROM w) THEN RAISE 'no TLS'; END IF; END $$\")\n";
    scripts[0].1.push_str(witness);
    for driver in ["psycopg2", "asyncpg"] {
        let Some(project) = Project::at(&scripts, driver, &url) else { return };
        let outcome = project.import(&[]).run().expect(0);
        assert!(!outcome.to_string().contains("o p@"), "{outcome}");
    }
}
