//! The configured history of another tool.

use std::fmt;

use super::tool::possessive;
use super::{HistoryTable, Program, Tool};

/// A tool that records its applied revisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrator {
    Alembic,
    /// A tool with SQL files.
    Tool(Tool),
    /// A tool whose revisions are programs.
    Program(Program),
}

impl Migrator {
    /// The word of `LOCKGATE_COEXIST`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Alembic => "alembic",
            Self::Tool(tool) => tool.word(),
            Self::Program(program) => program.word(),
        }
    }

    /// The tool's name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alembic => "Alembic",
            Self::Tool(tool) => tool.name(),
            Self::Program(program) => program.name(),
        }
    }

    /// Its possessive form.
    pub fn names(self) -> String {
        match self {
            Self::Alembic => "Alembic's".to_owned(),
            Self::Tool(tool) => tool.names(),
            Self::Program(program) => possessive(program.name()),
        }
    }
}

/// `LOCKGATE_COEXIST`: the tool whose history is read and kept beside ours: `tool`, `tool:table` or `tool:schema.table`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TheirHistory {
    pub migrator: Migrator,
    /// None means the tool's default table.
    pub table: Option<HistoryTable>,
}

impl fmt::Display for TheirHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.migrator.word())?;
        self.table.iter().try_for_each(|table| write!(f, ":{table}"))
    }
}

impl TheirHistory {
    /// # Errors
    /// The error of the text, in words that follow it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (word, table) =
            text.trim().split_once(':').map_or((text.trim(), None), |(word, table)| (word, Some(table)));
        let table = table.map(HistoryTable::parse).transpose()?;
        let migrator = match Tool::ALL.iter().find(|tool| tool.word() == word) {
            Some(tool) if !tool.has_history() => {
                return Err(format!("names {}, whose history lockgate does not keep", tool.name()));
            }
            Some(tool) => Migrator::Tool(*tool),
            None if word == Migrator::Alembic.word() => Migrator::Alembic,
            None => match Program::ALL.iter().find(|program| program.word() == word && program.history().is_some()) {
                Some(program) => Migrator::Program(*program),
                None => return Err(format!("is not TOOL or TOOL:SCHEMA.TABLE with one of alembic, {}", words())),
            },
        };
        Ok(Self { migrator, table })
    }
}

/// The tools with a known history, except Alembic.
pub(super) fn words() -> String {
    let tools = Tool::ALL.iter().filter(|tool| tool.has_history()).map(|tool| tool.word());
    let programs = Program::ALL.iter().filter(|program| program.history().is_some()).map(|program| program.word());
    tools.chain(programs).collect::<Vec<_>>().join(", ")
}
