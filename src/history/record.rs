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
    let id = quote_literal(entry.revision.id.as_str());
    let (state, finished, progress) = match entry.begun {
        // A struct of numbers and strings always serializes.
        Some(begun) => ("'started'", "NULL", quote_literal(&serde_json::to_string(begun).unwrap_or_default())),
        None => ("'done'", NOW, "NULL".to_owned()),
    };
    let depth = entry.depth;
    let shift = if entry.is_late {
        let table = table.quoted();
        format!(
            "UPDATE {table} SET depth = depth + 1 WHERE depth >= {depth} AND NOT EXISTS (SELECT FROM {table} WHERE \
             revision = {id}); "
        )
    } else {
        String::new()
    };
    let row = [
        id,
        depth.to_string(),
        quote_literal(&entry.revision.description),
        quote_literal(&entry.revision.checksum()),
        quote_literal(&entry.revision.bytes),
        state.to_owned(),
        finished.to_owned(),
        quote_literal(entry.application),
        quote_literal(entry.verdicts),
        progress,
    ];
    shift + &insert(table, entry.kind, &row)
}

const NOW: &str = "pg_catalog.clock_timestamp()";

/// `row`: the expressions of revision, depth, description, checksum, bytes, state, finished_at, application, verdicts and progress.
fn insert(table: &QualifiedName, kind: Kind, row: &[String; 10]) -> String {
    let [id, depth, description, checksum, bytes, state, finished, application, verdicts, progress] = row;
    // A stamp keeps a revision's end and its author; a revision in segments continues the row of its beginning.
    let ended = match kind {
        Kind::Stamped | Kind::Adopted => "coalesce(h.finished_at, excluded.finished_at)",
        Kind::Applied => "excluded.finished_at",
    };
    format!(
        "INSERT INTO {} AS h (revision, depth, description, checksum, bytes, state, kind, started_at, finished_at, \
         application, version, verdicts, progress) VALUES ({id}, {depth}, {description}, {checksum}, {bytes}, {state}, {}, \
         pg_catalog.now(), {finished}, {application}, {}, {verdicts}, {progress}) ON CONFLICT (revision) DO UPDATE SET \
         description = excluded.description, checksum = excluded.checksum, bytes = excluded.bytes, state = excluded.state, \
         finished_at = {ended}, verdicts = excluded.verdicts, progress = excluded.progress, kind = excluded.kind",
        table.quoted(),
        quote_literal(kind.word()),
        quote_literal(env!("CARGO_PKG_VERSION")),
    )
}

/// Prepares [`record`] for revisions that are applied, done and not late.
pub fn prepare(table: &QualifiedName, application: &str) -> String {
    let own = |sql: &str| sql.to_owned();
    let row = [
        own("$1"),
        own("$2"),
        own("$3"),
        own("$4"),
        own("$5"),
        own("'done'"),
        own(NOW),
        quote_literal(application),
        own("$6"),
        own("NULL"),
    ];
    format!(
        "PREPARE lockgate_record (pg_catalog.text, pg_catalog.int8, pg_catalog.text, pg_catalog.text, pg_catalog.text, \
         pg_catalog.jsonb) AS {}",
        insert(table, Kind::Applied, &row)
    )
}

/// Runs what [`prepare`] prepared.
pub fn record_prepared(entry: &Entry<'_>) -> String {
    let text = quote_literal;
    format!(
        "EXECUTE lockgate_record({}, {}, {}, {}, {}, {})",
        text(entry.revision.id.as_str()),
        entry.depth,
        text(&entry.revision.description),
        text(&entry.revision.checksum()),
        text(&entry.revision.bytes),
        text(entry.verdicts),
    )
}
