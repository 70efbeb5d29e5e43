//! The history of another tool, as somebody names it.

use std::fmt;

use super::{HistoryTable, Tool};

/// `LOCKGATE_COEXIST`: the tool whose own history is read, and kept beside ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coexist {
    pub tool: Tool,
    /// None: where the tool has it.
    pub table: Option<HistoryTable>,
}

/// `tool`, `tool:table` or `tool:schema.table`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TheirHistory {
    /// None: `alembic_version`.
    Alembic(Option<HistoryTable>),
    Tool(Coexist),
}

impl fmt::Display for TheirHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, table) = match self {
            Self::Alembic(table) => ("alembic", table),
            Self::Tool(Coexist { tool, table }) => (tool.word(), table),
        };
        f.write_str(word)?;
        table.iter().try_for_each(|table| write!(f, ":{table}"))
    }
}

impl TheirHistory {
    /// # Errors
    /// A sentence that says what is wrong with the words, which go before it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (word, table) =
            text.trim().split_once(':').map_or((text.trim(), None), |(word, table)| (word, Some(table)));
        let table = table.map(HistoryTable::parse).transpose()?;
        match Tool::ALL.iter().find(|tool| tool.word() == word) {
            Some(tool) if !tool.has_history() => {
                Err(format!("names {}, whose history lockgate does not keep", tool.name()))
            }
            Some(tool) => Ok(Self::Tool(Coexist { tool: *tool, table })),
            None if word == "alembic" => Ok(Self::Alembic(table)),
            None => Err(format!("is not TOOL or TOOL:SCHEMA.TABLE with one of alembic, {}", words())),
        }
    }
}

/// The tools whose histories are known.
pub(super) fn words() -> String {
    let tools = Tool::ALL.iter().filter(|tool| tool.has_history());
    tools.map(|tool| tool.word()).collect::<Vec<_>>().join(", ")
}
