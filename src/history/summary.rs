//! The summary that a start at head reads.

use super::inquiry::{Read, Told};
use crate::chain::checksum::Version;
use crate::chain::hex::hex;
use crate::chain::{Chain, digest};
use crate::progress::Note;

/// The state of the history that the answer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// The table is missing or empty: nothing was ever applied.
    Absent,
    AtHead,
    /// At head, and these revisions are deeper, in order.
    Ahead(Vec<String>),
    /// This many first revisions, each equal to its file and at its depth, and no others.
    First(usize),
    /// Anything else: the rows have to be read.
    Else,
}

/// The notes of the revisions with a skipped statement.
pub(super) const SKIPPED: &str = "pg_catalog.json_agg(pg_catalog.json_build_object('revision', h.revision, 'notes', h.verdicts \
     OPERATOR(pg_catalog.->) 'notes'::pg_catalog.text) ORDER BY h.depth) FILTER (WHERE h.verdicts OPERATOR(pg_catalog.->) \
     'counts'::pg_catalog.text OPERATOR(pg_catalog.->) 'skipped'::pg_catalog.text IS NOT NULL)";

/// The columns that identify a chain of this length at head. Every operator has its schema, because the path leads to the
/// history.
pub(super) fn columns(depth: usize) -> String {
    let within = format!("h.depth OPERATOR(pg_catalog.<=) {depth}::pg_catalog.int8");
    format!(
        "pg_catalog.count(*) FILTER (WHERE {within}), pg_catalog.count(*) FILTER (WHERE h.depth OPERATOR(pg_catalog.>) \
         {depth}::pg_catalog.int8), pg_catalog.count(*) FILTER (WHERE h.state OPERATOR(pg_catalog.<>) 'done'::pg_catalog.text OR h.progress IS NOT NULL), \
         {}, {}, {SKIPPED}, pg_catalog.count(*) FILTER (WHERE {within} AND pg_catalog.starts_with(h.checksum, '{}')), \
         pg_catalog.json_agg(h.revision ORDER BY h.depth, h.revision) FILTER (WHERE h.depth OPERATOR(pg_catalog.>) \
         {depth}::pg_catalog.int8), pg_catalog.max(h.verified) FILTER (WHERE h.depth OPERATOR(pg_catalog.=) \
         {depth}::pg_catalog.int8), pg_catalog.max(h.depth), {}",
        digest_of("bytes", &within),
        digest_of("checksum", &within),
        Version::One.prefix(),
        are_understood(),
    )
}

fn digest_of(column: &str, within: &str) -> String {
    format!(
        "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(pg_catalog.concat(h.revision, ' ', \
         h.{column}), E'\\n' ORDER BY h.depth, h.revision) FILTER (WHERE {within}), 'UTF8')), 'hex')"
    )
}

/// True if this version understands each row, and each is done.
fn are_understood() -> String {
    let versions = Version::ALL.map(|version| format!("pg_catalog.starts_with(h.checksum, '{}')", version.prefix()));
    format!(
        "pg_catalog.bool_and(h.state OPERATOR(pg_catalog.=) 'done'::pg_catalog.text AND h.progress IS NULL AND ({}))",
        versions.join(" OR ")
    )
}

/// True unless a table's rows are exactly the first revisions of a chain: this many, with this digest of their bytes.
pub(super) fn others_than(first: Prefix, place: &str) -> String {
    let Prefix { count, digest } = first;
    let (understood, digest_here) = (are_understood(), digest_of("bytes", "true"));
    format!(
        "(SELECT (pg_catalog.count(*) OPERATOR(pg_catalog.=) {count}::pg_catalog.int8 AND pg_catalog.max(h.depth) \
         OPERATOR(pg_catalog.=) {count}::pg_catalog.int8 AND {understood} AND {digest_here} OPERATOR(pg_catalog.=) \
         '{}'::pg_catalog.text) IS NOT TRUE FROM ONLY {place} h)",
        hex(&digest)
    )
}

/// The first revisions of a chain, as a history contains them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    count: usize,
    digest: [u8; 32],
}

impl Prefix {
    pub fn of(chain: &Chain, count: usize) -> Self {
        Self { count, digest: digest::raw_of_bytes(&chain.revisions()[..count]) }
    }
}

/// The notes of the revisions that were adopted with a difference.
pub(super) const DRIFT: &str = "pg_catalog.json_agg(pg_catalog.json_build_object('revision', h.revision, 'notes', h.verdicts \
     OPERATOR(pg_catalog.->) 'notes'::pg_catalog.text) ORDER BY h.depth) FILTER (WHERE h.verdicts OPERATOR(pg_catalog.->) \
     'counts'::pg_catalog.text OPERATOR(pg_catalog.->) 'differs'::pg_catalog.text IS NOT NULL)";

#[derive(serde::Deserialize)]
struct Noted {
    revision: String,
    notes: Option<Vec<Note>>,
}

/// Reads the notes of [`SKIPPED`] or [`DRIFT`] with this verdict.
pub(super) fn notes(text: &str, verdict: &str) -> Vec<Note> {
    let noted: Vec<Noted> = serde_json::from_str(text).unwrap_or_default();
    let notes = noted.into_iter().flat_map(|Noted { revision, notes }| {
        notes.unwrap_or_default().into_iter().map(move |note| Note { revision: revision.clone(), ..note })
    });
    notes.filter(|note| note.verdict == verdict).collect()
}

impl Told {
    /// The optional statements that the history records as skipped, from a summary or from a separate read.
    pub fn skipped(&self) -> Vec<Note> {
        let notes = |text| notes(text, "skipped");
        let column =
            |read: Read, at: usize| self.rows_of(read).next().and_then(|row| row.get(at)?.as_deref()).map(notes);
        column(Read::Skipped, 0).or_else(|| column(Read::Summary(0), 5)).unwrap_or_default()
    }

    /// The differences with which revisions were adopted, as recorded then.
    pub fn drift(&self) -> Vec<Note> {
        let text = self.rows_of(Read::Drift).next().and_then(|row| row.first()?.as_deref());
        text.map(|text| notes(text, "differs")).unwrap_or_default()
    }

    /// The snapshot that this head was verified to equal, from a summary of this chain's length.
    pub fn verified(&self, chain: &Chain) -> Option<String> {
        self.rows_of(Read::Summary(chain.len())).next()?.get(8)?.clone()
    }

    /// The answer to [`Read::Summary`] of this chain's length.
    pub fn known(&self, chain: &Chain) -> Known {
        let row = self.rows_of(Read::Summary(chain.len())).next().unwrap_or_default();
        let column = |at: usize| row.get(at).and_then(Option::as_deref);
        let number = |at: usize| column(at).and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        let (ours, deeper, unfinished) = (number(0), number(1), number(2));
        // An upgrade leaves rows of version 1 below those of version 2. In any other order (a stamp, a late revision), with a
        // reformatted file, the digests differ, and the rows decide.
        let old = number(6);
        if ours + deeper == 0 {
            return Known::Absent;
        }
        let Some(first) = chain.revisions().get(..ours).filter(|_| unfinished == 0) else { return Known::Else };
        let is_whole = ours == chain.len();
        let has_bytes = column(3) == Some(digest::of_bytes(first).as_str());
        let is_equal = has_bytes || is_whole && column(4) == Some(digest::of_checksums(first, old).as_str());
        match (is_whole, deeper) {
            _ if !is_equal => Known::Else,
            (true, 0) => Known::AtHead,
            (true, _) => Known::Ahead(column(7).and_then(|ids| serde_json::from_str(ids).ok()).unwrap_or_default()),
            (false, 0) if number(9) == ours && column(10) == Some("t") => Known::First(ours),
            (false, _) => Known::Else,
        }
    }
}
