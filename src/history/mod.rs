//! The history: the table in which lockgate records what it applied.

mod lines;
mod record;
mod summary;
mod terms;

pub use lines::{Line, lines, lines_question};
pub use record::{Entry, Kind, record, remove, settle};
pub use summary::{Known, Question, ServerState};
pub use terms::{Elsewhere, Terms, terms, terms_question};

use crate::chain::checksum::Version;
use crate::chain::standing::{Origin, Recorded};
use crate::config::HistoryTable;
use crate::connect::{Row, ServerError, SessionError};
use crate::failure::{Code, Coded};
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};
use crate::progress::Note;

/// The table's shape, in `CREATE TABLE` words; `{table}` is replaced by the quoted name. `verdicts` holds the counts and what
/// was skipped or converged, `progress` how far a revision is that runs in segments (none when it is done), `verified` the
/// digest of the snapshot that this head was verified against.
const CREATE: &str = include_str!("history.sql");

/// Makes the table, and its schema where that is missing.
pub fn create(table: &QualifiedName, schema_is_there: bool) -> String {
    let table_sql = CREATE.replace("{table}", &table.quoted());
    if schema_is_there {
        table_sql
    } else {
        format!("CREATE SCHEMA IF NOT EXISTS {}; {table_sql}", quote_ident(&table.schema))
    }
}

const SCHEMA: &str = include_str!("schema.sql");

/// Puts the schema and the name of the history's table into a question.
fn within(table: &HistoryTable, sql: &str) -> String {
    let name = quote_literal(&quote_ident(&table.name));
    let schema = table.schema.as_deref().map_or_else(|| SCHEMA.replace("{name}", &name), quote_literal);
    sql.replace("{schema}", &schema).replace("{table}", &quote_literal(&table.name))
}

/// Leaves one schema in the path until the end of the message, which is one transaction. It gives no row.
const ONLY_ITS_SCHEMA: &str = "SELECT WHERE pg_catalog.set_config('search_path', \
    coalesce(pg_catalog.quote_ident({schema}), '\"\"') || ', pg_temp', true) IS NULL";

/// A message that reads the history. A table without a schema is looked for in one schema alone: what the path finds in another
/// one is another history. Nobody has to ask for the schema first.
fn reading(table: &HistoryTable, query: impl FnOnce(&str) -> String) -> String {
    match &table.schema {
        Some(schema) => query(&table.within(schema.as_str()).quoted()),
        None => format!("{}; {}", within(table, ONLY_ITS_SCHEMA), query(&quote_ident(&table.name))),
    }
}

/// Why the history cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("the connection's search_path ({search_path}) names no schema that exists")]
    NoSchema { search_path: String },
    #[error("the role may not read the history {table}")]
    NotReadable { table: String, grant: String, source: ServerError },
    #[error("{table} is there, but it is not a history that this version knows")]
    Shape { table: String, source: ServerError },
    /// A newer lockgate wrote it, or a hand.
    #[error("{table} says of {} what this version does not understand", .revision.as_deref().unwrap_or("a revision"))]
    Row { table: String, revision: Option<String> },
    #[error("the history {table} cannot be read")]
    Server { table: String, source: ServerError },
}

impl Coded for HistoryError {
    fn code(&self) -> Code {
        match self {
            Self::NoSchema { .. } => Code::NO_SCHEMA,
            Self::NotReadable { .. } => Code::PRIVILEGE,
            Self::Shape { .. } | Self::Row { .. } => Code::HISTORY_SHAPE,
            Self::Server { .. } => Code::STATEMENT,
        }
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::NotReadable { grant, .. } => Some(format!("run as the table's owner: {grant}")),
            Self::Row { .. } => {
                Some("run the lockgate that wrote the row, or a newer one, or correct the row".to_owned())
            }
            Self::NoSchema { .. } | Self::Shape { .. } | Self::Server { .. } => None,
        }
    }
}

/// All rows, in order.
pub fn rows_question(table: &HistoryTable) -> String {
    let at = |column: &str| format!("pg_catalog.to_char({column}, 'YYYY-MM-DD HH24:MI:SSOF')");
    let (started, finished) = (at("started_at"), at("finished_at"));
    reading(table, |table| {
        format!(
            "SELECT revision, depth, checksum, state, progress, description, kind, {started}, {finished}, applied_by, \
             application FROM {table} ORDER BY depth, revision"
        )
    })
}

/// The optional statements that are recorded as skipped; [`skipped`] reads the answer. No table is none.
pub fn skipped_question(table: &HistoryTable) -> String {
    reading(table, |table| format!("SELECT {} FROM {table}", summary::SKIPPED))
}

pub fn skipped(answer: Result<Vec<Row>, SessionError>) -> Vec<Note> {
    let text = answer.ok().and_then(|rows| rows.into_iter().next()?.into_iter().next()?);
    text.as_deref().map(summary::notes).unwrap_or_default()
}

/// Reads the answer to [`rows_question`]. No table is no row.
///
/// # Errors
/// Outer: the connection broke. Inner: the table, or a row of it, cannot be read.
pub fn rows(
    state: &ServerState,
    answer: Result<Vec<Row>, SessionError>,
) -> Result<Result<Vec<Recorded>, HistoryError>, SessionError> {
    let rows = match answer {
        Ok(rows) => rows,
        Err(SessionError::Server(error)) if is_absent(&error) => Vec::new(),
        Err(SessionError::Server(error)) => return Ok(Err(unreadable(state, error))),
        Err(lost) => return Err(lost),
    };
    Ok(each(&state.history, rows, recorded))
}

/// Reads every row, or says of which one that cannot be: a row that is left out would be taken for not applied.
fn each<T>(table: &QualifiedName, rows: Vec<Row>, read: impl Fn(&Row) -> Option<T>) -> Result<Vec<T>, HistoryError> {
    let read = |row: Row| {
        let revision = || row.first().cloned().flatten();
        read(&row).ok_or_else(|| HistoryError::Row { table: table.to_string(), revision: revision() })
    };
    rows.into_iter().map(read).collect()
}

fn recorded(row: &Row) -> Option<Recorded> {
    let [Some(id), Some(depth), Some(checksum), Some(state), progress, origin @ ..] = row.as_slice() else {
        return None;
    };
    Version::of(checksum)?;
    let begun = match (state.as_str(), progress) {
        ("done", None) => None,
        ("started", Some(progress)) => Some(serde_json::from_str(progress).ok()?),
        _ => return None,
    };
    let origin = origin_of(origin)?;
    Some(Recorded { id: id.clone(), depth: depth.parse().ok()?, checksum: checksum.clone(), begun, origin })
}

fn origin_of(columns: &[Option<String>]) -> Option<Origin> {
    let [Some(description), Some(kind), Some(started_at), finished_at, Some(applied_by), Some(application)] = columns
    else {
        return None;
    };
    Some(Origin {
        description: description.clone(),
        kind: kind.clone(),
        started_at: started_at.clone(),
        finished_at: finished_at.clone(),
        applied_by: applied_by.clone(),
        application: application.clone(),
    })
}

/// 42P01 undefined_table, 3F000 invalid_schema_name: nothing was ever written here.
fn is_absent(error: &ServerError) -> bool {
    matches!(error.sqlstate.as_str(), "42P01" | "3F000")
}

fn unreadable(state: &ServerState, source: ServerError) -> HistoryError {
    let ServerState { history: table, role, .. } = state;
    let name = table.to_string();
    match source.sqlstate.as_str() {
        "42501" => {
            let role = quote_ident(role);
            let grant = format!(
                "GRANT USAGE ON SCHEMA {} TO {role}; GRANT SELECT ON {} TO {role};",
                quote_ident(&table.schema),
                table.quoted()
            );
            HistoryError::NotReadable { table: name, grant, source }
        }
        // undefined_column, wrong object type, undefined function or operator for the column's type.
        "42703" | "42809" | "42883" | "42804" => HistoryError::Shape { table: name, source },
        _ => HistoryError::Server { table: name, source },
    }
}
