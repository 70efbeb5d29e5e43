//! Reasons why a directory is not an Alembic chain.

use std::path::PathBuf;

use crate::failure::{Code, Coded, counted};
use crate::files::FileError;

/// Reasons why an Alembic chain cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AlembicError {
    #[error("the directory {} cannot be read", .path.display())]
    Directory { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be read", .path.display())]
    Settings { path: PathBuf, source: FileError },
    #[error("{} does not say where the revisions are: {why}", .path.display())]
    Location { path: PathBuf, why: String },
    #[error("{} computes its version table, so it cannot be read without running the file", .path.display())]
    Table { path: PathBuf },
    #[error("the Alembic chain in {} is refused: {}", .path.display(), counted(.problems.len(), "problem"))]
    Refused { path: PathBuf, problems: Vec<Problem> },
}

/// One reason. `Display` is a line that begins with the file's name, if there is one.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("{file}: cannot be read: {source}")]
    Unreadable { file: String, source: FileError },
    #[error("{file}:{line}: {name} {why}, so it cannot be read without running the file: write it as a literal")]
    Computed { file: String, line: usize, name: &'static str, why: &'static str },
    #[error("{file}:{line}: {name} is {found}")]
    Kind { file: String, line: usize, name: &'static str, found: &'static str },
    #[error("{file}: it sets no revision: every .py file in this folder is one to Alembic")]
    NoRevision { file: String },
    #[error("{file}: it sets no down_revision, and Alembic cannot read it: `down_revision = None` begins a chain")]
    NoDown { file: String },
    #[error("{file}: it holds a NUL byte, and Python cannot read it: is it UTF-16?")]
    NotPython { file: String },
    #[error("{file}:{line}: it follows {parent}, which no file defines")]
    NoParent { file: String, line: usize, parent: String },
    #[error("revisions follow one another in a circle: {}", list(.0))]
    Cycle(Vec<(String, String)>),
    #[error("{} {name} is in {} files: {}{}", if *.is_label { "branch label" } else { "revision" }, .files.len(), .files.join(", "),
        if *.is_label { "" } else { "; Alembic would take the last one that it reads" })]
    Twice { name: String, is_label: bool, files: Vec<String> },
    #[error("{} heads: {}; `alembic merge -m \"merge\" {}` joins them", .0.len(), list(.0), ids(.0))]
    Heads(Vec<(String, String)>),
    #[error("there is no revision")]
    Empty,
    #[error("`sourceless` is set: compiled revisions cannot be read; ship the .py files")]
    Sourceless,
}

fn list(revisions: &[(String, String)]) -> String {
    revisions.iter().map(|(id, file)| format!("{id} ({file})")).collect::<Vec<_>>().join(", ")
}

fn ids(revisions: &[(String, String)]) -> String {
    revisions.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(" ")
}

impl Coded for AlembicError {
    fn code(&self) -> Code {
        match self {
            Self::Directory { .. } | Self::Settings { .. } | Self::Location { .. } | Self::Table { .. } => {
                Code::CHAIN_UNREADABLE
            }
            Self::Refused { .. } => Code::CHAIN_REFUSED,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Refused { problems, .. } => problems.iter().map(ToString::to_string).collect(),
            Self::Directory { .. } | Self::Settings { .. } | Self::Location { .. } | Self::Table { .. } => Vec::new(),
        }
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::Location { .. } => {
                Some("set LOCKGATE_MIGRATIONS to the folder that holds the revisions, `versions` most often".to_owned())
            }
            Self::Table { .. } => {
                Some("name it: LOCKGATE_COEXIST=alembic:SCHEMA.TABLE; as a literal it is found by itself".to_owned())
            }
            Self::Refused { problems, .. } if problems.iter().any(|problem| matches!(problem, Problem::Heads(_))) => Some(
                "join the heads, or where several are meant: a runner that upgrades to `heads`, or LOCKGATE_ALEMBIC_HEADS=many"
                    .to_owned(),
            ),
            Self::Directory { .. } | Self::Settings { .. } | Self::Refused { .. } => None,
        }
    }
}
