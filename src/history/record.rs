//! Writing the history: rows that travel inside the revision's own transactions.

use crate::chain::Revision;
use crate::chain::status::Begun;
use crate::pg::name::{QualifiedName, quote_literal};

/// What is recorded of a revision.
pub struct Entry<'a> {
    pub revision: &'a Revision,
    pub depth: usize,
    /// The counts of its verdicts and what was skipped, as JSON.
    pub verdicts: &'a str,
    pub application: &'a str,
    pub kind: Kind,
    /// None: it is done.
    pub begun: Option<&'a Begun>,
    /// Rows may stand at its depth or deeper: where it has no row yet, they are moved one deeper.
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

/// The words that the table admits.
pub(super) fn kinds() -> String {
    Kind::ALL.map(|kind| quote_literal(kind.word())).join(", ")
}

/// A statement that was left out is in force: its row says so.
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

/// A transaction that changes nothing and writes to the log: its commit waits for all commits before it (PostgreSQL documentation
/// 30.4). It is read under the user's path.
pub fn touch(table: &QualifiedName, id: &str) -> String {
    format!(
        "UPDATE {} SET state = state WHERE revision OPERATOR(pg_catalog.=) {}::pg_catalog.text",
        table.quoted(),
        quote_literal(id)
    )
}

/// Notes at the row of a head the snapshot that the schema was held against, and found equal; what the catalogs held then, and when, and
/// how many notes there were.
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

/// Takes the row of a revision away.
pub fn remove(table: &QualifiedName, id: &str) -> String {
    format!("DELETE FROM {} WHERE revision = {}", table.quoted(), quote_literal(id))
}

/// Writes the row of a revision, or brings it up to date.
pub fn record(table: &QualifiedName, entry: &Entry<'_>) -> String {
    let text = quote_literal;
    let (id, depth) = (text(entry.revision.id.as_str()), entry.depth);
    let (state, finished, progress) = match entry.begun {
        // A struct of numbers and strings is always JSON.
        Some(begun) => ("'started'", "NULL", text(&serde_json::to_string(begun).unwrap_or_default())),
        None => ("'done'", "pg_catalog.clock_timestamp()", "NULL".to_owned()),
    };
    // A stamp keeps when a revision ended, and by whom; a revision in segments goes on with the row that it began.
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
