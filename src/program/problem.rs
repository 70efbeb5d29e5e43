//! Reasons why a list or a directory of programs is not a chain.

use std::path::PathBuf;

use crate::config::Program;
use crate::failure::{Code, Coded, counted};
use crate::files::FileError;

/// Reasons why a chain of programs cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error("the list of revisions {} cannot be read", .path.display())]
    Unreadable { path: PathBuf, program: Program, source: FileError },
    #[error("the directory {} cannot be read", .path.display())]
    Directory { path: PathBuf, program: Program, source: std::io::Error },
    #[error("{} is a directory, and the names in it do not tell which revisions belong to the release", .path.display())]
    NotListed { path: PathBuf, program: Program },
    #[error("the chain in {} is refused: {}", .path.display(), counted(.problems.len(), "problem"))]
    Refused { path: PathBuf, program: Program, problems: Vec<Problem> },
    #[error("the layout listed needs the history that the runner's command writes")]
    NoTable,
}

/// One reason. `Display` is a line that begins with the file's name, if there is one.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("line {line}: no revision of this tool: {text}")]
    Line { line: usize, text: String },
    #[error("{file}: {why}")]
    Name { file: String, why: &'static str },
    #[error("{id} comes twice: {}:{} and {}:{}", .first.0, .first.1, .second.0, .second.1)]
    Twice { id: String, first: (String, usize), second: (String, usize) },
    #[error("there is no revision")]
    Empty,
}

impl Coded for ProgramError {
    fn code(&self) -> Code {
        match self {
            Self::Unreadable { .. } | Self::Directory { .. } | Self::NotListed { .. } => Code::CHAIN_UNREADABLE,
            Self::Refused { .. } => Code::CHAIN_REFUSED,
            Self::NoTable => Code::LAYOUT,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Refused { problems, .. } => problems.iter().map(ToString::to_string).collect(),
            Self::Unreadable { .. } | Self::Directory { .. } | Self::NotListed { .. } | Self::NoTable => Vec::new(),
        }
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::NotListed { program: Program::Django, .. }
            | Self::Unreadable { program: Program::Django, .. }
            | Self::Refused { program: Program::Django, .. } => Some(
                "have the image's build write the list of the project's migrations, and point LOCKGATE_MIGRATIONS at that file: \
                 docs/runner.md has the program"
                    .to_owned(),
            ),
            Self::NotListed { .. } | Self::Unreadable { .. } => Some(
                "point LOCKGATE_MIGRATIONS at a file that names each revision of the release as the tool's history does, a line each"
                    .to_owned(),
            ),
            Self::NoTable => Some("set LOCKGATE_RUNNER_TABLE, such as `migrations(name)`".to_owned()),
            Self::Directory { .. } | Self::Refused { .. } => None,
        }
    }
}
