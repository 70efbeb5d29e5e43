//! The real executable, with an environment of its own: nothing of the test's but PATH.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;

use super::database::TestDatabase;
use super::eventually::PATIENCE;
use super::process::free_port;
use super::running::Running;

/// The parameters of a run. A clone shares the chain and the termination log.
///
/// ```ignore
/// let gate = Gate::new(&db).chain(&[("0001_base.sql", "CREATE TABLE t (id int)")]).args(["migrate"]);
/// let outcome = gate.run();
/// ```
#[derive(Clone, Debug)]
pub struct Gate {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: BTreeMap<OsString, OsString>,
    directory: Arc<TempDir>,
    migrations: PathBuf,
}

/// The outcome of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code, unless a signal ended it.
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The content of the termination message file; empty where nothing wrote to it.
    pub termination_log: String,
}

impl Gate {
    /// A gate before this database, with an empty chain.
    pub fn new(database: &TestDatabase) -> Self {
        Self::at(&database.url())
    }

    /// A gate before the server at this URL.
    pub fn at(url: &str) -> Self {
        Self::without_database().env("LOCKGATE_DATABASE_URL", url)
    }

    pub fn without_database() -> Self {
        let directory = Arc::new(tempfile::tempdir().expect("a directory"));
        let migrations = directory.path().join("migrations");
        std::fs::create_dir(&migrations).expect("a directory");
        let termination_log = directory.path().join("termination-log");
        std::fs::write(&termination_log, "").expect("a file");
        let gate = Self {
            program: env!("CARGO_BIN_EXE_lockgate").into(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            directory,
            migrations: migrations.clone(),
        };
        let gate = gate.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        gate.env("LOCKGATE_MIGRATIONS", migrations).env("LOCKGATE_TERMINATION_LOG", termination_log)
    }

    /// Another program in the gate's place: for facts about the harness, or about a peer.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    /// Writes these files to the directory of the chain, beside the existing ones.
    pub fn chain(self, files: &[(&str, &str)]) -> Self {
        for (name, content) in files {
            self.write(name, content);
        }
        self
    }

    /// Writes these scripts as revisions 0001, 0002, ….
    pub fn steps(self, scripts: &[&str]) -> Self {
        for (at, script) in scripts.iter().enumerate() {
            self.write(&format!("{:04}_step.sql", at + 1), *script);
        }
        self
    }

    /// A directory of the repository as the chain: `gate.migrations("examples/platform/migrations")`.
    pub fn migrations(mut self, directory: impl AsRef<Path>) -> Self {
        self.migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
        let migrations = self.migrations.clone();
        self.env("LOCKGATE_MIGRATIONS", migrations)
    }

    /// A file of the chain, made or changed; every clone sees it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.migrations.join(name), content).expect("a file");
    }

    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.migrations.join(name)).expect("a file");
    }

    /// The content of a file that lockgate, or the test, wrote to the directory of the chain.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.migrations.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The directory of the chain.
    pub fn chain_directory(&self) -> &Path {
        &self.migrations
    }

    /// A place for the test's own files, beside the chain; gone with the last clone.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    pub fn env_remove(mut self, name: &str) -> Self {
        self.environment.remove(std::ffi::OsStr::new(name));
        self
    }

    /// The arguments, in place of those that were there.
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// The same gate with other arguments: `gate.with(["status", "--json"]).run()`.
    pub fn with<A: Into<OsString>>(&self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.clone().args(arguments)
    }

    /// On a free port of 127.0.0.1. `serve` and `--serve` do it by themselves.
    pub fn listening(self) -> Self {
        self.env("LOCKGATE_LISTEN", format!("127.0.0.1:{}", free_port()))
    }

    /// Runs it to its end; one that does not end fails the test.
    #[track_caller]
    pub fn run(&self) -> Outcome {
        self.spawn().wait(PATIENCE)
    }

    #[track_caller]
    pub fn spawn(&self) -> Running {
        let serves = self.arguments.iter().take_while(|argument| *argument != "--");
        let serves = serves.clone().any(|argument| argument == "serve" || argument == "--serve");
        if serves && !self.environment.contains_key(std::ffi::OsStr::new("LOCKGATE_LISTEN")) {
            return self.clone().listening().spawn();
        }
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().envs(&self.environment).current_dir(self.directory.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        let listens = self.environment.get(std::ffi::OsStr::new("LOCKGATE_LISTEN"));
        let listens = listens.and_then(|address| address.to_str()).and_then(|address| address.parse().ok());
        Running::watch(child, listens, self.clone())
    }

    pub fn termination_log(&self) -> String {
        let file = self.environment.get(std::ffi::OsStr::new("LOCKGATE_TERMINATION_LOG"));
        file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default()
    }
}

/// Fails the test where a text is on neither output.
#[track_caller]
pub fn says(outcome: &Outcome, words: &[&str]) {
    for words in words {
        assert!(
            outcome.stderr.contains(words) || outcome.stdout.contains(words),
            "it does not say {words:?}; {outcome}"
        );
    }
}

impl Outcome {
    /// Fails the test, showing all that was said, unless it ended with this exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "exit code; {self}");
        self
    }

    /// The log on stderr: one JSON object per line. Lines that are not JSON are left out.
    pub fn log(&self) -> Vec<serde_json::Value> {
        self.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("stdout is not JSON: {error}; {self}"))
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "code {:?}, signal {:?}", self.code, self.signal)?;
        writeln!(f, "--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)?;
        write!(f, "--- termination log\n{}", self.termination_log)
    }
}
