//! Reasons why a directory is not a chain.

use std::io;
use std::path::PathBuf;

use super::layout::marks::{Mark, Part};
use crate::alembic::AlembicError;
use crate::chain::ChainProblem;
use crate::config::Tool;
use crate::failure::{Code, Coded, counted};
use crate::files::FileError;

/// Reasons why a directory is not a chain.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("the chain's directory {} cannot be read", .path.display())]
    Directory { path: PathBuf, source: io::Error },
    #[error("the chain in {} is refused: {}", .path.display(), counted(.problems.len(), "problem"))]
    Refused { path: PathBuf, problems: Vec<Problem> },
    /// The files of one tool, except for some that may be ours.
    #[error("the chain in {} is refused: {}", .path.display(), counted(.problems.len(), "problem"))]
    Mixed { path: PathBuf, problems: Vec<Problem>, tool: Tool, ours: Vec<String> },
    #[error("the directory {} may be of more than one tool", .path.display())]
    Ambiguous { path: PathBuf, tools: Vec<Tool> },
    #[error(transparent)]
    Project(#[from] AlembicError),
}

/// One reason. `Display` is a line that begins with the file's name.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("{file}: {why}")]
    Name { file: String, why: String },
    #[error("{file}: cannot be read: {source}")]
    Unreadable { file: String, source: FileError },
    #[error("{file}: byte {at} is not UTF-8")]
    NotUtf8 { file: String, at: usize },
    #[error("{file}: the file is empty")]
    Empty { file: String },
    #[error("{file}:{line}: {message}")]
    Line { file: String, line: usize, message: String },
    #[error("{file}:{}: {}", .mark.line, of_another_tool(.file, .mark))]
    Marked { file: String, mark: Mark },
    #[error("{file}: the way back has no revision: there is no {up}")]
    DownAlone { file: String, up: String },
    #[error("{0}")]
    Order(ChainProblem),
}

fn of_another_tool(file: &str, mark: &Mark) -> String {
    let Mark { tool, text, part, .. } = mark;
    let text: String = text.chars().take(60).collect();
    let stem = file.strip_suffix(".sql").unwrap_or(file);
    let stem = stem.strip_suffix(".down").unwrap_or(stem);
    let split =
        format!("write the way up alone in {stem}.sql, the way back in {stem}.down.sql, and no comment of {tool}'s");
    match part {
        Part::Back => format!("a file of {tool}'s, whose way back (`{text}`) would run too: {split}"),
        Part::Up => format!("a file of {tool}'s (`{text}`): {split}"),
        Part::Whole => format!("a file of {tool}'s (`{text}`): leave its comments out, lockgate needs none of them"),
    }
}

impl SourceError {
    /// True if the only problem is that there is no revision.
    pub fn is_of_nothing(&self) -> bool {
        matches!(self, Self::Refused { problems, .. } if matches!(problems.as_slice(), [Problem::Order(ChainProblem::Empty)]))
    }
}

impl Coded for SourceError {
    fn code(&self) -> Code {
        match self {
            Self::Directory { .. } => Code::CHAIN_UNREADABLE,
            Self::Refused { .. } | Self::Mixed { .. } | Self::Ambiguous { .. } => Code::CHAIN_REFUSED,
            Self::Project(error) => error.code(),
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Directory { .. } => Vec::new(),
            Self::Project(error) => error.details(),
            Self::Refused { problems, .. } | Self::Mixed { problems, .. } => {
                problems.iter().map(ToString::to_string).collect()
            }
            Self::Ambiguous { tools, .. } => {
                tools.iter().map(|tool| format!("its files may be {}", tool.names())).collect()
            }
        }
    }

    fn next(&self) -> Option<String> {
        if let Self::Project(error) = self {
            return error.next();
        }
        match self {
            Self::Project(_) | Self::Directory { .. } | Self::Refused { .. } => None,
            Self::Mixed { tool, ours, .. } => Some(format!(
                "the directory is {} but for {}: LOCKGATE_LAYOUT={} reads it so, and leaves out what {} leaves out; else mend every file \
                 that is listed",
                tool.names(),
                ours.join(", "),
                tool.word(),
                tool.name()
            )),
            Self::Ambiguous { tools, .. } => {
                let settings: Vec<String> =
                    tools.iter().map(|tool| format!("LOCKGATE_LAYOUT={}", tool.word())).collect();
                Some(format!("say whose they are: {}", settings.join(" or ")))
            }
        }
    }
}
