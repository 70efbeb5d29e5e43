//! Reasons why a chain cannot be recorded, or a recording cannot become a chain.

use std::path::PathBuf;

use crate::failure::{Code, Coded, counted};
use crate::files::{FileError, NoProgram};

/// The end of a recording without a chain.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("the command {program} cannot be run")]
    Program { program: String, source: NoProgram },
    #[error("the command {program} cannot be started or followed")]
    Start { program: String, source: std::io::Error },
    #[error("the relay before the scratch server cannot be started")]
    Relay(#[source] std::io::Error),
    #[error("the command ended with {code}, and the chain is not recorded")]
    Command { code: i32, said: Vec<String> },
    #[error("the recording is not whole: {0}")]
    Broken(String),
    #[error("the command ended with 0, and {table} is not at head")]
    NothingRecorded {
        table: String,
        missing: Vec<String>,
        said: Vec<String>,
        /// True if it sent nothing through the relay.
        is_silent: bool,
    },
    #[error("the chain cannot be compiled: {}", counted(.0.len(), "reason"))]
    Refused(Vec<Refused>),
    #[error("the compiled chain does not make the schema that was recorded: {}", counted(.0.len(), "difference"))]
    Differs(Vec<String>),
    #[error("the chain has {} bases, and a chain of lockgate's has one: {}", .0.len(), .0.join(", "))]
    Bases(Vec<String>),
    #[error("{} cannot be read", .path.display())]
    Read { path: PathBuf, source: FileError },
    #[error("{} is there, and was not compiled", .path.display())]
    Taken { path: PathBuf },
    #[error("{} cannot be written", .path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("the scratch server cannot be asked")]
    Server(#[source] crate::connect::SessionError),
}

/// A revision that is not SQL for every database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Empty if it belongs to no revision.
    pub id: String,
    pub why: Why,
    /// The statement without its literals.
    pub statement: String,
}

/// Reasons why a revision cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The server refused a statement, and the revision continued.
    Error {
        sqlstate: String,
    },
    RolledBack,
    TwoPhases,
    /// The two recordings differ.
    Unstable,
    Secret,
    /// The statement follows the last revision.
    After,
    /// Rows were copied in a format that a script cannot contain.
    Copy,
    /// The program fetched only a part of the rows.
    Part,
    /// Binary values of an unknown type.
    Binary,
    Grammar(String),
    Control,
    /// A decision depends on rows, and a statement could not be rolled back.
    Outside,
    /// It received an answer that no directive can check at a deploy.
    Unheld,
}

impl Why {
    fn words(&self) -> String {
        match self {
            Self::Error { sqlstate } => format!("it saw an error ({sqlstate}) and went on"),
            Self::RolledBack => "it rolled back a part of its work".to_owned(),
            Self::TwoPhases => "it prepares a transaction for two phases".to_owned(),
            Self::Unstable => "two recordings of it are not the same".to_owned(),
            Self::Secret => "it sends a secret".to_owned(),
            Self::After => "env.py writes after the last revision".to_owned(),
            Self::Copy => "it copies rows in a form that no script has".to_owned(),
            Self::Part => "it took a part of the rows of a query".to_owned(),
            Self::Binary => "it exchanges values in binary, of a type that the server does not tell".to_owned(),
            Self::Grammar(words) => format!("it is no SQL of PostgreSQL's: {words}"),
            Self::Control => "a control character stands where it cannot be written otherwise".to_owned(),
            Self::Outside => {
                "it may decide by rows, and a statement of it runs outside a transaction, so it could not be taken back"
                    .to_owned()
            }
            Self::Unheld => "it was told of rows in a way that nothing can be held to at a deploy".to_owned(),
        }
    }
}

impl Refused {
    fn line(&self) -> String {
        let id = if self.id.is_empty() { String::new() } else { format!("{}: ", self.id) };
        let statement = if self.statement.is_empty() { String::new() } else { format!(": {}", self.statement) };
        format!("{id}{}{statement}", self.why.words())
    }
}

impl Coded for RecordError {
    fn code(&self) -> Code {
        match self {
            Self::Program { .. } | Self::Start { .. } | Self::Relay(_) => Code::RECORDER,
            Self::Command { .. } | Self::Broken(_) | Self::NothingRecorded { .. } | Self::Server(_) => {
                Code::NOT_RECORDED
            }
            Self::Refused(_) | Self::Bases(_) => Code::NOT_COMPILED,
            Self::Differs(_) => Code::NOT_THE_SAME,
            Self::Taken { .. } => Code::USAGE,
            Self::Read { .. } | Self::Write { .. } => Code::CHAIN_UNREADABLE,
        }
    }

    fn details(&self) -> Vec<String> {
        let said = |said: &[String]| said.iter().map(|line| format!("| {line}")).collect::<Vec<_>>();
        match self {
            Self::Command { said: lines, .. } => said(lines),
            Self::NothingRecorded { missing, said: lines, .. } => {
                std::iter::once(format!("not recorded: {}", missing.join(" "))).chain(said(lines)).collect()
            }
            Self::Refused(all) => all.iter().map(Refused::line).collect(),
            Self::Differs(lines) => lines.clone(),
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::Refused(all) if all.iter().all(|one| one.why == Why::Unstable) => Some(
                "make what it sends the same each time; --accept REVISION takes the first recording for everybody, --leave REVISION \
                 leaves it to Alembic at the deploy too"
                    .to_owned(),
            ),
            Self::NothingRecorded { is_silent: true, .. } => Some(
                "the command did not come to the scratch server: let env.py take the place of its database from DATABASE_URL, from the \
                 variable that --url-env names, or from PGHOST, PGPORT and their kin; a URL in alembic.ini leads elsewhere"
                    .to_owned(),
            ),
            Self::NothingRecorded { .. } => {
                Some("look at env.py: a statement before context.begin_transaction() leaves the whole run without a COMMIT in SQLAlchemy 2".to_owned())
            }
            _ => None,
        }
    }
}
