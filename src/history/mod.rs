//! The history: the table in which lockgate records the applied revisions.

mod access;
pub mod beside;
mod events;
mod inquiry;
mod lines;
mod record;
mod summary;
mod trust;

pub use access::{Elsewhere, Terms};
pub use events::{Events, Happening, What};
pub use inquiry::{Look, Looked, Privileges, Read, ServerState, Told, inquiry, version_inquiry};
pub use lines::Line;
pub use record::{Entry, Kind, mark, prepare, record, record_prepared, remove, settle, touch};
pub use summary::{Known, Prefix};
pub use trust::{Distrust, Trusted};

use crate::chain::checksum::Version;
use crate::chain::status::{Origin, Recorded};
use crate::connect::{Message, ServerError};
use crate::failure::{Code, Coded};
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};

/// The table's columns, as in `CREATE TABLE`; `{table}` is replaced by the quoted name. `verdicts` contains the counts, and the
/// skipped and converged statements; `progress` the position of a revision that runs in segments (none when it is done);
/// `verified` the digest of the snapshot against which this head was verified.
const CREATE: &str = include_str!("history.sql");
const NARROW: &str = include_str!("narrow.sql");
const WATCHED: &str = include_str!("watched.sql");
const SETTERS: &str = include_str!("setters.sql");

/// Creates the table, and its schema if that is missing.
pub fn create(table: &QualifiedName, schema_is_there: bool) -> String {
    let table_sql = CREATE.replace("{table}", &table.quoted()).replace("{kinds}", &record::kinds());
    if schema_is_there {
        table_sql
    } else {
        format!("CREATE SCHEMA IF NOT EXISTS {}; {table_sql}", quote_ident(&table.schema))
    }
}

/// Fails if another role has added something to the table that a write would run; none can until the transaction ends.
pub fn watched(table: &QualifiedName) -> String {
    let name = table.quoted();
    format!("LOCK TABLE ONLY {name} IN ROW EXCLUSIVE MODE; {}", WATCHED.replace("{name}", &quote_literal(&name)))
}

/// Returns the names of checks that an earlier version created, and that do not allow the newer kinds.
pub fn narrow(table: &QualifiedName) -> Message<'static> {
    Message::own(NARROW.replace("{name}", &quote_literal(&table.quoted())))
}

/// Replaces such a check by this version's.
pub fn widen(table: &QualifiedName, check: &str) -> String {
    let (table, check) = (table.quoted(), quote_ident(check));
    let kinds = record::kinds();
    format!("ALTER TABLE {table} DROP CONSTRAINT {check}, ADD CONSTRAINT {check} CHECK (kind IN ({kinds}))")
}

/// Returns a row if an untrusted role may create a trigger on the table.
pub fn setters(table: &QualifiedName) -> Message<'static> {
    Message::own(SETTERS.replace("{name}", &quote_literal(&table.quoted())))
}

/// Reasons why the history cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("the connection's search_path ({search_path}) names no schema that exists")]
    NoSchema { search_path: String },
    #[error("the role may not read the history {table}")]
    NotReadable { table: String, grant: String, source: ServerError },
    #[error("{table} is there, but it is not a history that this version knows")]
    Shape { table: String, source: ServerError },
    /// Another role created it, or could run code through it.
    #[error("the table {table} is not taken for the history")]
    Untrusted { table: QualifiedName, role: String, owner: String, wrong: Vec<Distrust> },
    #[error("the table {table} is not taken for the events of the history")]
    Events { table: QualifiedName, wrong: Vec<Distrust> },
    /// A newer lockgate wrote it, or it was written by hand.
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
            Self::Untrusted { wrong, .. } if matches!(wrong.as_slice(), [Distrust::Hidden]) => Code::PRIVILEGE,
            Self::Untrusted { .. } | Self::Events { .. } => Code::UNTRUSTED_HISTORY,
            Self::Shape { .. } | Self::Row { .. } => Code::HISTORY_SHAPE,
            Self::Server { .. } => Code::STATEMENT,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Untrusted { wrong, .. } | Self::Events { wrong, .. } => wrong.iter().map(Distrust::line).collect(),
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::Untrusted { table, role, owner, wrong } => Some(trust::next(&table.quoted(), role, owner, wrong)),
            Self::NotReadable { grant, .. } => Some(format!("run as the table's owner: {grant}")),
            Self::Row { .. } => {
                Some("run the lockgate that wrote the row, or a newer one, or correct the row".to_owned())
            }
            Self::Events { .. } => {
                Some("find out who made it, and drop or rename it: the next run that fails makes another".to_owned())
            }
            Self::NoSchema { .. } | Self::Shape { .. } | Self::Server { .. } => None,
        }
    }
}

/// The columns of [`Read::Rows`].
const ROW: &str = "h.revision, h.depth, h.checksum, h.state, h.progress, h.description, h.kind, \
    pg_catalog.to_char(h.started_at, 'YYYY-MM-DD HH24:MI:SSOF'), pg_catalog.to_char(h.finished_at, 'YYYY-MM-DD HH24:MI:SSOF'), \
    h.applied_by, h.application, pg_catalog.to_char(pg_catalog.timezone('UTC'::pg_catalog.text, coalesce(h.finished_at, \
    h.started_at)), 'YYYY-MM-DD HH24:MI:SS.US')";

impl Told {
    /// The answer to [`Read::Rows`]; empty if the table is missing.
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn recorded(&self) -> Result<Vec<Recorded>, HistoryError> {
        each(&self.state.history, self.rows_of(Read::Rows), recorded)
    }
}

impl Told {
    /// The answer to [`Read::Versions`]; empty if the table is missing.
    pub fn versions(&self) -> Vec<String> {
        self.rows_of(Read::Versions).filter_map(|row| row.first().cloned().flatten()).collect()
    }

    /// The answer to [`Read::Width`]; none if nothing limits it, or the table is missing.
    pub fn width(&self) -> Option<usize> {
        self.rows_of(Read::Width).next()?.first()?.as_deref()?.parse().ok()
    }
}

/// Reads every row, or reports the one that cannot be read: an omitted row would count as not applied.
fn each<'r, T>(
    table: &QualifiedName,
    rows: impl Iterator<Item = &'r [Option<String>]>,
    read: impl Fn(&[Option<String>]) -> Option<T>,
) -> Result<Vec<T>, HistoryError> {
    let read = |row: &[Option<String>]| {
        let revision = || row.first().cloned().flatten();
        read(row).ok_or_else(|| HistoryError::Row { table: table.to_string(), revision: revision() })
    };
    rows.map(read).collect()
}

fn recorded(row: &[Option<String>]) -> Option<Recorded> {
    let [Some(id), Some(depth), Some(checksum), Some(state), progress, origin @ ..] = row else {
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
    let [
        Some(description),
        Some(kind),
        Some(started_at),
        finished_at,
        Some(applied_by),
        Some(application),
        Some(moment),
    ] = columns
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
        moment: moment.clone(),
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
