//! Settings: read once, every error at once, secrets in a type that cannot be printed.

pub mod database;
pub mod error;
mod field;
mod listen;
mod load;
mod names;
pub mod secret;
mod secret_file;
pub mod settings;
mod their_history;
mod tool;
mod variables;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::pg::name::{QualifiedName, split_name};
pub use database::demands::{ChannelBinding, Demands, Method, Methods, Peer, TlsVersions};
pub use database::{Database, Host, RootCert, SslMode, Target, TargetSession, TlsFiles};
pub use error::{ConfigError, ConfigErrors};
pub use listen::DEFAULT_LISTEN;
pub use secret::Secret;
pub use settings::{SETTINGS, Setting, flags, overrides};
pub use their_history::{Migrator, TheirHistory};
pub use tool::Tool;

/// Everything that a run is told.
#[derive(Clone, Debug)]
pub struct Config {
    pub database: Database,
    pub migrations: PathBuf,
    pub history_table: HistoryTable,
    pub layout: Layout,
    pub alembic: Alembic,
    /// `LOCKGATE_COEXIST`; of Alembic's own layout its table counts alone, which stands in `alembic` too.
    pub coexist: Option<TheirHistory>,
    pub runner: Option<Runner>,
    pub patience: Patience,
    pub policy: Policy,
    pub serve: Serve,
    pub scratch: ScratchServer,
    pub log: Log,
    /// What was read but is doubtful (an unknown `LOCKGATE_*`, an ignored URL parameter). Said once, when logs work.
    pub warnings: Vec<String>,
}

/// The server on which a chain runs from empty.
#[derive(Clone, Debug)]
pub struct ScratchServer {
    /// `LOCKGATE_SCRATCH_BIN`: the directory of PostgreSQL's server programs.
    pub bin: Option<PathBuf>,
    /// `LOCKGATE_SCRATCH_URL`: a server that is there, in one of libpq's forms.
    pub url: Option<Secret>,
    /// `LOCKGATE_SCRATCH_IS_MINE`: a chain may change all of that server.
    pub is_mine: bool,
}

/// `LOCKGATE_LAYOUT`: what the directory of the chain holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As its files say.
    Auto,
    Native,
    Alembic,
    Tool(Tool),
}

/// The settings of an Alembic chain.
#[derive(Clone, Debug)]
pub struct Alembic {
    /// `ALEMBIC_CONFIG`, which Alembic reads too.
    pub settings: Option<PathBuf>,
    /// `LOCKGATE_ALEMBIC_SECTION`.
    pub section: String,
    pub heads: AlembicHeads,
    /// `LOCKGATE_COEXIST`: the version table.
    pub table: Option<HistoryTable>,
}

/// `LOCKGATE_RUNNER`: the command that applies another tool's chain.
#[derive(Clone, Debug)]
pub struct Runner {
    /// At least one.
    pub words: Vec<String>,
    /// `LOCKGATE_RUNNER_STRICT`: its exit code may keep the gate closed.
    pub is_strict: bool,
}

/// `LOCKGATE_ALEMBIC_HEADS`: how many heads a chain may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlembicHeads {
    One,
    Many,
}

/// The history's table as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryTable {
    /// None: the connection's `current_schema()`, where unqualified tables of the chain go too.
    pub schema: Option<String>,
    pub name: String,
}

impl HistoryTable {
    /// Reads `table` or `schema.table`, each part quoted or not.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the name.
    pub fn parse(text: &str) -> Result<Self, String> {
        split_name(text).map(|(schema, name)| Self { schema, name })
    }

    /// The table in that schema.
    pub fn within(&self, schema: impl Into<String>) -> QualifiedName {
        QualifiedName::new(schema.into(), self.name.clone())
    }
}

impl fmt::Display for HistoryTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.schema.iter().try_for_each(|schema| write!(f, "{schema}."))?;
        f.write_str(&self.name)
    }
}

/// How long to wait for what.
#[derive(Clone, Debug)]
pub struct Patience {
    /// `LOCKGATE_WAIT_TIMEOUT`: for the database to accept us.
    pub wait_timeout: Duration,
    /// `LOCKGATE_AUTH_RETRY_FOR`: how long a refused password, role or missing database is tried again.
    pub auth_retry_for: Duration,
    /// `LOCKGATE_LOCK_WAIT`: for another gate to finish.
    pub lock_wait: Duration,
    /// `LOCKGATE_DDL_LOCK_TIMEOUT`: how long one attempt of a revision may queue for locks on tables.
    pub ddl_lock_timeout: Duration,
    /// Whether a person set it; else a shorter `lock_timeout` of the role or database stands.
    pub ddl_lock_timeout_is_set: bool,
    /// `LOCKGATE_DDL_LOCK_RETRY_FOR`: how long to keep retrying.
    pub ddl_lock_retry_for: Duration,
    /// `LOCKGATE_STATEMENT_TIMEOUT`; zero is none.
    pub statement_timeout: Duration,
    /// `LOCKGATE_CHECK_DATA_TIMEOUT`: for one question of `plan --check-data`; zero is none.
    pub check_data_timeout: Duration,
    /// `LOCKGATE_GRACE`: after SIGTERM, to end within.
    pub grace: Duration,
}

impl Patience {
    /// The same before a server on which an operator has set this `lock_timeout` for the role or the database.
    #[must_use]
    pub fn under(&self, lock_timeout: Option<Duration>) -> Self {
        let mut patience = self.clone();
        if let Some(theirs) = lock_timeout.filter(|_| !self.ddl_lock_timeout_is_set) {
            patience.ddl_lock_timeout = theirs.min(self.ddl_lock_timeout);
        }
        patience
    }
}

/// What to do where the database and the chain disagree.
#[derive(Clone, Debug)]
pub struct Policy {
    pub on_mismatch: OnMismatch,
    pub commit_wait: CommitWait,
    pub on_destructive: OnDestructive,
    pub ahead: Ahead,
    pub out_of_order: OutOfOrder,
    pub first_contact: FirstContact,
    /// `LOCKGATE_VERIFY`, where it is set.
    pub verify: Option<Verify>,
    /// `LOCKGATE_TRUSTED_OWNERS`: roles whose objects are trusted, besides those that are so by what they are.
    pub trusted_owners: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMismatch {
    Converge,
    Fail,
}

/// `LOCKGATE_COMMIT_WAIT`: when a run waits for the disk, and for synchronous standbys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitWait {
    /// Once for the revisions that are sent together, before any of them is reported.
    Once,
    Each,
}

/// `LOCKGATE_ON_DESTRUCTIVE`: what to do with a statement that loses what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDestructive {
    Warn,
    Refuse,
    Allow,
}

/// `LOCKGATE_VERIFY`: what a schema that differs from the snapshot means before the gate opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verify {
    Off,
    Warn,
    Enforce,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    Allow,
    Fail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfOrder {
    Fail,
    Allow,
}

/// What to do where the history is empty and objects of the chain exist: another source made them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstContact {
    /// Go on where the catalog proves every statement before the place, else refuse.
    Prove,
    Refuse,
    /// The rules of a begun chain.
    Migrate,
}

/// What the gate serves, and where.
#[derive(Clone, Debug)]
pub struct Serve {
    /// `LOCKGATE_LISTEN`, where it is set.
    pub listen: Option<SocketAddr>,
    pub readiness: Readiness,
    /// `LOCKGATE_LOOK_EVERY`: how often an open gate looks again; zero is never.
    pub look_every: Duration,
    /// `LOCKGATE_LINGER`: how long a failed gate still answers, where it is set.
    pub linger: Option<Duration>,
    /// `LOCKGATE_VERIFY_EVERY`: how often an open gate looks for drift; none or zero is never.
    pub verify_every: Option<Duration>,
    /// `LOCKGATE_LATCH_FILE`: written when the gate opens, and found by a restarted sidecar.
    pub latch_file: Option<PathBuf>,
    pub metrics_textfile: Option<PathBuf>,
    /// `LOCKGATE_TERMINATION_LOG`, `/dev/termination-log` where that is there.
    pub termination_log: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    Latched,
    Live,
}

#[derive(Clone, Debug)]
pub struct Log {
    /// A `tracing_subscriber::EnvFilter` directive list; `info` by default.
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[cfg(test)]
mod tests;
