//! Reasons for which a tool's history cannot be continued.

use crate::config::Migrator;
use crate::failure::{Code, Coded, counted};
use crate::pg::name::QualifiedName;

/// Reasons why a tool's history cannot be continued.
#[derive(Debug, thiserror::Error)]
pub enum BesideError {
    #[error("{table} is not the history of {}", .tool.name())]
    Other { tool: Migrator, table: QualifiedName, columns: Vec<String> },
    #[error("{table} has {} at which {} stops", counted(.lines.len(), "row"), .tool.name())]
    Stops { tool: Migrator, table: QualifiedName, lines: Vec<String> },
    #[error("{table} lacks {} that lockgate's history has", counted(.ids.len(), "revision"))]
    Lacks { tool: Migrator, table: QualifiedName, ids: Vec<String> },
    #[error("{} has applied {} here, and lockgate's history {history} is empty", .tool.name(), counted(.applied.len(), "revision"))]
    First { tool: Migrator, table: QualifiedName, history: String, applied: Vec<String> },
    #[error("{table} knows none of this chain's revisions")]
    Foreign { tool: Migrator, table: QualifiedName, rows: Vec<String> },
    #[error("{table} says that {} applied, and the catalog says otherwise", all(.ids))]
    Unproved { tool: Migrator, table: QualifiedName, ids: Vec<String>, lines: Vec<String> },
    #[error("others may put triggers on {table}, which would run as this role")]
    Watched { table: QualifiedName },
}

impl Coded for BesideError {
    fn code(&self) -> Code {
        match self {
            Self::Other { .. } => Code::HISTORY_SHAPE,
            Self::Stops { .. } | Self::Lacks { .. } => Code::TOOL_HISTORY,
            Self::Foreign { .. } => Code::FOREIGN_HISTORY,
            Self::Unproved { .. } => Code::TOOL_HISTORY,
            Self::First { .. } => Code::FIRST_CONTACT,
            Self::Watched { .. } => Code::UNTRUSTED_HISTORY,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Other { columns, .. } => vec![format!("its columns: {}", columns.join(", "))],
            Self::Stops { lines, .. } => lines.clone(),
            Self::Lacks { ids, .. } => vec![ids.join(" ")],
            Self::First { table, applied, .. } => vec![format!("in {table}: {}", applied.join(" "))],
            Self::Foreign { rows, .. } => vec![format!("it has {}", rows.join(", "))],
            Self::Unproved { lines, .. } => lines.clone(),
            Self::Watched { .. } => Vec::new(),
        }
    }

    fn next(&self) -> Option<String> {
        let next = match self {
            Self::Other { tool, .. } => {
                format!("name the table: LOCKGATE_COEXIST={}:SCHEMA.TABLE", tool.word())
            }
            Self::Stops { tool, .. } => {
                format!("settle them with {}, as it says; then run again", tool.name())
            }
            Self::Lacks { tool, .. } => format!(
                "where {} took them back, `lockgate stamp TARGET --unchecked` without LOCKGATE_COEXIST forgets them here; where it never \
                 applied them, let it record them as applied",
                tool.name()
            ),
            Self::First { tool, .. } => format!(
                "`lockgate adopt --from {}` records what the catalog proves of it, and goes on without the tool; or LOCKGATE_COEXIST={} \
                 goes on from there, and keeps {} history beside ours",
                tool.word(),
                tool.word(),
                tool.names(),
            ),
            Self::Foreign { tool, table, .. } => format!(
                "where a newer release of this chain wrote it, LOCKGATE_COEXIST={}:{table} says that the table is this chain's, and the \
                 database counts as ahead; where it is another service's, name this chain's own table so",
                tool.word()
            ),
            Self::Unproved { tool, ids, .. } => format!(
                "was it stamped? Bring the database to what is listed, or take {} back in {} table, as `alembic stamp` does; \
                 `lockgate adopt --from {} --accept-drift`, without LOCKGATE_COEXIST, records it as it is",
                if ids.len() == 1 { "it" } else { "them" },
                tool.names(),
                tool.word()
            ),
            Self::Watched { table } => {
                format!("REVOKE TRIGGER ON {} from those roles", table.quoted())
            }
        };
        Some(next)
    }
}

fn all(ids: &[String]) -> String {
    match ids {
        [one] => format!("{one} is"),
        _ => format!("{} are", counted(ids.len(), "revision")),
    }
}
