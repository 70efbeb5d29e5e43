//! The one question that a start at head asks, and its answer.

use crate::chain::checksum::Version;
use crate::chain::{Chain, digest};
use crate::config::HistoryTable;
use crate::connect::{Row, SessionError};
use crate::pg::name::QualifiedName;
use crate::progress::Note;

use super::{HistoryError, is_absent, reading, unreadable, within};

/// Two messages that travel together: what the server is (never fails), and what the history holds (fails where there is
/// none, and the failure says so). Read-only, no session state, so it is right behind any pooler.
pub struct Question {
    pub server: String,
    pub history: String,
    depth: usize,
}

/// What the answer says of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// No table, or no row: nothing was ever applied.
    Absent,
    AtHead,
    /// At head, and these revisions lie deeper, in order.
    Ahead(Vec<String>),
    /// Anything else: the rows have to be read.
    Else,
}

/// What the server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerState {
    /// In recovery, or read-only by the server's settings: nothing can be written here.
    pub read_only: bool,
    /// The history's table, as this connection finds it.
    pub history: QualifiedName,
    pub schema_is_there: bool,
    pub table_is_there: bool,
    /// As whom the server sees us: the role that lacks a privilege.
    pub role: String,
}

impl ServerState {
    /// Reads the answer to [`Question::server`].
    ///
    /// # Errors
    /// Outer: the connection broke. Inner: the history has no place.
    pub fn read(
        table: &HistoryTable,
        answer: Result<Vec<Row>, SessionError>,
    ) -> Result<Result<Self, HistoryError>, SessionError> {
        let rows = answer?;
        let column = |at: usize| rows.first().and_then(|row| row.get(at)).and_then(Option::as_deref);
        let Some(schema) = column(2) else {
            return Ok(Err(HistoryError::NoSchema { search_path: column(6).unwrap_or_default().to_owned() }));
        };
        Ok(Ok(Self {
            read_only: column(0) == Some("t") || column(1) == Some("t"),
            history: table.within(schema),
            schema_is_there: column(3) == Some("t"),
            table_is_there: column(4) == Some("t"),
            role: column(5).unwrap_or_default().to_owned(),
        }))
    }
}

/// The notes of the revisions of which a statement was skipped.
pub(super) const SKIPPED: &str = "pg_catalog.json_agg(pg_catalog.json_build_object('revision', revision, 'notes', verdicts -> 'notes') \
     ORDER BY depth) FILTER (WHERE verdicts -> 'counts' -> 'skipped' IS NOT NULL)";

const SERVER: &str = include_str!("server.sql");

#[derive(serde::Deserialize)]
struct Noted {
    revision: String,
    notes: Option<Vec<Note>>,
}

/// Reads [`SKIPPED`].
pub(super) fn notes(text: &str) -> Vec<Note> {
    let noted: Vec<Noted> = serde_json::from_str(text).unwrap_or_default();
    let notes = noted.into_iter().flat_map(|Noted { revision, notes }| {
        notes.unwrap_or_default().into_iter().map(move |note| Note { revision: revision.clone(), ..note })
    });
    notes.filter(|note| note.verdict == "skipped").collect()
}

impl Question {
    /// For a chain of that length: what stands in it matters only to the answer.
    pub fn new(table: &HistoryTable, depth: usize) -> Self {
        let server = within(table, SERVER);
        let digest_of = |column: &str| {
            format!(
                "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(revision || ' ' || \
                 {column}, E'\\n' ORDER BY depth, revision) FILTER (WHERE depth <= {depth}), 'UTF8')), 'hex')"
            )
        };
        let history = reading(table, |table| {
            format!(
                "SELECT count(*) FILTER (WHERE depth <= {depth}), count(*) FILTER (WHERE depth > {depth}), \
                 count(*) FILTER (WHERE state <> 'done'), {}, {}, {SKIPPED}, \
                 count(*) FILTER (WHERE depth <= {depth} AND checksum LIKE '{}%'), \
                 pg_catalog.json_agg(revision ORDER BY depth, revision) FILTER (WHERE depth > {depth}) FROM {table}",
                digest_of("bytes"),
                digest_of("checksum"),
                Version::One.prefix(),
            )
        });
        Self { server, history, depth }
    }

    /// The optional statements that the history records as skipped, from the answer to `history`.
    pub fn skipped(answer: &Result<Vec<Row>, SessionError>) -> Vec<Note> {
        let rows = answer.as_ref().map_or(&[][..], Vec::as_slice);
        rows.first().and_then(|row| row.get(5)?.as_deref()).map(notes).unwrap_or_default()
    }

    /// # Errors
    /// Outer: the connection broke. Inner: the table cannot be read.
    pub fn known(
        &self,
        chain: &Chain,
        state: &ServerState,
        answer: Result<Vec<Row>, SessionError>,
    ) -> Result<Result<Known, HistoryError>, SessionError> {
        let rows = match answer {
            Ok(rows) => rows,
            Err(SessionError::Server(error)) if is_absent(&error) => return Ok(Ok(Known::Absent)),
            Err(SessionError::Server(error)) => return Ok(Err(unreadable(state, error))),
            Err(lost) => return Err(lost),
        };
        let column = |at: usize| rows.first().and_then(|row| row.get(at)).and_then(Option::as_deref);
        let number = |at: usize| column(at).and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        let (ours, deeper, unfinished) = (number(0), number(1), number(2));
        // An upgrade leaves rows of version 1 below those of version 2. Where they lie otherwise (a stamp, a late revision),
        // and a file has another look than it had, the digests differ, and the rows tell.
        let old = number(6);
        if ours + deeper == 0 {
            return Ok(Ok(Known::Absent));
        }
        let equal = ours == self.depth
            && unfinished == 0
            && (column(3) == Some(digest::of_bytes(chain.revisions()).as_str())
                || column(4) == Some(digest::of_checksums(chain.revisions(), old).as_str()));
        Ok(Ok(match (equal, deeper) {
            (true, 0) => Known::AtHead,
            (true, _) => Known::Ahead(column(7).and_then(|ids| serde_json::from_str(ids).ok()).unwrap_or_default()),
            (false, _) => Known::Else,
        }))
    }
}
