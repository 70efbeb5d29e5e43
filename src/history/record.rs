//! Writes the history: its rows are part of the revision's own transactions.

use crate::chain::Revision;
use crate::chain::status::Begun;
use crate::pg::name::{QualifiedName, quote_literal};

/// The values that are recorded for a revision.
pub struct Entry<'a> {
    pub revision: &'a Revision,
    pub depth: usize,
    /// The counts of its verdicts, and the skipped statements, as JSON.
    pub verdicts: &'a str,
    pub application: &'a str,
    pub kind: Kind,
    /// None if it is done.
    pub begun: Option<&'a Begun>,
    /// True if rows may exist at its depth or deeper: unless it has a row already, they are moved one deeper.
    pub is_late: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Applied,
    Stamped,
    /// The catalog proved it.
    Adopted,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Applied, Self::Stamped, Self::Adopted];

    fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Stamped => "stamped",
            Self::Adopted => "adopted",
        }
    }
}

/// The words that the table's check allows.
pub(super) fn kinds() -> String {
    Kind::ALL.map(|kind| quote_literal(kind.word())).join(", ")
}

/// Records in the row that a skipped statement is now in force.
pub fn settle(table: &QualifiedName, id: &str, line: usize, verdict: &str) -> String {
    let count = |word: &str| format!("coalesce((verdicts -> 'counts' ->> '{word}')::int, 0)");
    format!(
        "UPDATE {} SET verdicts = pg_catalog.jsonb_build_object('counts', (verdicts -> 'counts') - 'skipped' || \
         pg_catalog.jsonb_build_object('{verdict}', {} + 1) || CASE WHEN {skipped} > 1 THEN \
         pg_catalog.jsonb_build_object('skipped', {skipped} - 1) ELSE '{{}}' END, 'notes', (SELECT \
         coalesce(pg_catalog.jsonb_agg(n), '[]') FROM pg_catalog.jsonb_array_elements(verdicts -> 'notes') AS n \
         WHERE NOT (n ->> 'verdict' = 'skipped' AND (n ->> 'line')::int = {line}))) WHERE revision = {}",
        table.quoted(),
        count(verdict),
        quote_literal(id),
        skipped = count("skipped"),
    )
}

/// A transaction that changes nothing and writes to the log: its commit waits for all earlier commits (PostgreSQL documentation
/// 30.4). It runs with the user's search_path.
pub fn touch(table: &QualifiedName, id: &str) -> String {
    format!(
        "UPDATE {} SET state = state WHERE revision OPERATOR(pg_catalog.=) {}::pg_catalog.text",
        table.quoted(),
        quote_literal(id)
    )
}

/// Records in the row of a head that the schema equals this snapshot, with the fingerprint of the catalogs, the time, and the
/// number of notes.
pub fn mark(table: &QualifiedName, id: &str, snapshot: &str, seen: Option<(&str, usize)>) -> String {
    let moment = seen.map(|(fingerprint, notes)| {
        let notes = if notes == 0 { String::new() } else { format!(" notes {notes}") };
        format!(
            " || {} || pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS\"Z{notes}\"')",
            quote_literal(&format!(" {fingerprint} "))
        )
    });
    format!(
        "UPDATE {} SET verified = {}{} WHERE revision = {}",
        table.quoted(),
        quote_literal(snapshot),
        moment.unwrap_or_default(),
        quote_literal(id)
    )
}

/// Deletes the row of a revision.
pub fn remove(table: &QualifiedName, id: &str) -> String {
    format!("DELETE FROM {} WHERE revision = {}", table.quoted(), quote_literal(id))
}

/// Inserts or updates the row of a revision.
pub fn record(table: &QualifiedName, entry: &Entry<'_>) -> String {
    let text = quote_literal;
    let (id, depth) = (text(entry.revision.id.as_str()), entry.depth);
    let (state, finished, progress) = match entry.begun {
        // A struct of numbers and strings always serializes.
        Some(begun) => ("'started'", "NULL", text(&serde_json::to_string(begun).unwrap_or_default())),
        None => ("'done'", "pg_catalog.clock_timestamp()", "NULL".to_owned()),
    };
    // A stamp keeps a revision's end and its author; a revision in segments continues the row of its beginning.
    let ended = match entry.kind {
        Kind::Stamped | Kind::Adopted => "coalesce(h.finished_at, excluded.finished_at)",
        Kind::Applied => "excluded.finished_at",
    };
    let table = table.quoted();
    let shift = if entry.is_late {
        format!(
            "UPDATE {table} SET depth = depth + 1 WHERE depth >= {depth} AND NOT EXISTS (SELECT FROM {table} WHERE \
             revision = {id}); "
        )
    } else {
        String::new()
    };
    format!(
        "{shift}INSERT INTO {table} AS h (revision, depth, description, checksum, bytes, state, kind, started_at, finished_at, \
         application, version, verdicts, progress) VALUES ({id}, {depth}, {}, {}, {}, {state}, {}, pg_catalog.now(), \
         {finished}, {}, {}, {}, {progress}) ON CONFLICT (revision) DO UPDATE SET description = excluded.description, \
         checksum = excluded.checksum, bytes = excluded.bytes, state = excluded.state, finished_at = {ended}, \
         verdicts = excluded.verdicts, progress = excluded.progress, kind = excluded.kind",
        text(&entry.revision.description),
        text(&entry.revision.checksum()),
        text(&entry.revision.bytes),
        text(entry.kind.word()),
        text(entry.application),
        text(env!("CARGO_PKG_VERSION")),
        text(entry.verdicts),
    )
}
