//! Settings: read once, every error at once, secrets in a type that cannot be printed.

pub mod database;
pub mod error;
mod from_text;
mod listen;
mod load;
mod names;
mod program;
mod runner_table;
pub mod secret;
mod secret_file;
pub mod settings;
mod their_history;
mod tool;
mod variables;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::pg::name::{QualifiedName, split_name};
pub use database::demands::{ChannelBinding, Demands, Method, Methods, Peer, TlsVersions};
pub use database::{Database, Host, RootCert, SslMode, Target, TargetSession, TlsFiles};
pub use error::{ConfigError, ConfigErrors};
pub use listen::DEFAULT_LISTEN;
pub use program::Program;
pub use runner_table::RunnerTable;
pub use secret::Secret;
pub use settings::{Alembic, Log, Patience, Policy, SETTINGS, ScratchServer, Serve, Setting, flags, overrides};
pub use their_history::{Migrator, TheirHistory};
pub use tool::Tool;
pub(crate) use tool::tools;

/// The configuration of a run.
#[derive(Clone, Debug)]
pub struct Config {
    pub database: Database,
    /// `LOCKGATE_COEXIST` for Alembic's own layout sets only the table, which is `version_table`.
    pub chain: settings::Chain,
    pub alembic: Alembic,
    /// `ALEMBIC_CONFIG`, which Alembic reads too.
    pub alembic_config: Option<PathBuf>,
    pub version_table: Option<HistoryTable>,
    pub runner: Option<Runner>,
    pub runner_down: Option<Runner>,
    pub runner_table: Option<RunnerTable>,
    pub patience: Patience,
    pub policy: Policy,
    pub serve: Serve,
    pub scratch: ScratchServer,
    pub log: Log,
    /// Warnings about doubtful settings (an unknown `LOCKGATE_*`, an ignored URL parameter). They are logged once, after logging
    /// is set up.
    pub warnings: Vec<String>,
}

/// `LOCKGATE_LAYOUT`: the kind of the chain's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Detected from the files.
    Auto,
    Native,
    Alembic,
    Tool(Tool),
    /// A tool whose revisions are programs.
    Program(Program),
}

/// `LOCKGATE_RUNNER`: the command that applies another tool's chain.
#[derive(Clone, Debug)]
pub struct Runner {
    /// At least one word.
    pub words: Vec<String>,
    /// `LOCKGATE_RUNNER_STRICT`: true if its exit code can keep the gate closed.
    pub is_strict: bool,
}

impl settings::RunnerSettings {
    /// None if no command is set.
    fn runner(&self) -> Option<Runner> {
        Some(Runner { words: self.command.clone()?, is_strict: self.is_strict })
    }

    /// The same for the command that rolls revisions back.
    fn runner_down(&self) -> Option<Runner> {
        Some(Runner { words: self.down.clone()?, is_strict: self.is_strict })
    }
}

/// `LOCKGATE_ALEMBIC_HEADS`: the allowed number of heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlembicHeads {
    One,
    Many,
}

/// The configured table of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryTable {
    /// None means the connection's `current_schema()`, where unqualified tables of the chain are created too.
    pub schema: Option<String>,
    pub name: String,
}

impl HistoryTable {
    /// Reads `table` or `schema.table`, each part quoted or not.
    ///
    /// # Errors
    /// The error of the name, in a sentence.
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

impl Patience {
    /// The patience for a server on which an operator has set this `lock_timeout` for the role or the database.
    #[must_use]
    pub fn under(&self, lock_timeout: Option<Duration>) -> Self {
        let mut patience = self.clone();
        if let Some(theirs) = lock_timeout.filter(|_| self.ddl_lock_timeout.is_default) {
            patience.ddl_lock_timeout.value = theirs.min(self.ddl_lock_timeout.value);
        }
        patience
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMismatch {
    Converge,
    Fail,
}

/// `LOCKGATE_COMMIT_WAIT`: the commits that wait for the disk and for synchronous standbys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitWait {
    /// Once for all revisions that are sent together, before any of them is reported.
    Once,
    Each,
}

/// `LOCKGATE_ON_DESTRUCTIVE`: the treatment of a statement that loses existing data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDestructive {
    Warn,
    Refuse,
    Allow,
}

/// `LOCKGATE_VERIFY`: the consequence of a schema that differs from the snapshot before the gate opens.
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

/// The behaviour if the history is empty but objects of the chain exist: something else created them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstContact {
    /// Continue if the catalog proves every statement before the place, otherwise refuse.
    Prove,
    Refuse,
    /// The rules for a chain that has already begun.
    Migrate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    Latched,
    Live,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[cfg(test)]
mod tests;
