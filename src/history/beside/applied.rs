//! The applied revisions according to the rows of a tool's history.

use std::collections::HashMap;

use crate::chain::revision::by_number;
use crate::chain::{Chain, Revision};
use crate::pg::name::quote_literal;

/// A row of a tool's history; the values as the server's text.
pub(super) type Row<'a> = &'a [Option<String>];

/// The revisions in a tool's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    /// The indexes of revisions in the chain.
    pub(super) known: Vec<usize>,
    /// Versions that the chain lacks; true for those after its head.
    pub(super) unknown: Vec<(String, bool)>,
    /// True if further revisions may be applied: those before an unknown row are unknown.
    pub(super) is_least: bool,
    /// Redundant rows, by the indexes of their revisions.
    pub(super) spare: Vec<usize>,
}

pub(super) fn is_number(version: &str) -> bool {
    version.bytes().all(|byte| byte.is_ascii_digit())
}

/// The indexes of a chain's revisions by their whole numbers.
fn places_by_number(chain: &Chain) -> HashMap<(usize, &str), usize> {
    chain.revisions().iter().enumerate().map(|(at, revision)| (by_number(revision.id.as_str()), at)).collect()
}

/// The revisions of a chain for versions that are whole numbers.
pub(super) fn by_numbers<'v>(chain: &Chain, versions: impl Iterator<Item = &'v str>) -> Applied {
    let places = places_by_number(chain);
    let head = by_number(chain.head().id.as_str());
    let mut applied = Applied::default();
    for version in versions {
        match places.get(&by_number(version)) {
            Some(&at) => applied.known.push(at),
            None => applied.unknown.push((version.to_owned(), by_number(version) > head)),
        }
    }
    applied.known.sort_unstable();
    applied.known.dedup();
    applied
}

/// As [`by_numbers`], for rows that each begin with a version or a file name, if `wrong` finds no fault with one: its checksum,
/// or its outcome.
///
/// # Errors
/// All faults, one line each.
pub(super) fn by_checked_numbers<'r>(
    chain: &Chain,
    rows: &[Row<'r>],
    wrong: impl Fn(&Revision, Row<'r>) -> Option<String>,
) -> Result<Applied, Vec<String>> {
    let places = places_by_number(chain);
    let version = |row: Row<'r>| text(row, 0).map(|version| version.trim_end_matches(".sql"));
    let of_row = |row: &Row<'r>| {
        let at = *places.get(&by_number(version(row)?))?;
        wrong(&chain.revisions()[at], row)
    };
    let lines: Vec<String> = rows.iter().filter_map(of_row).collect();
    if lines.is_empty() { Ok(by_numbers(chain, rows.iter().filter_map(|row| version(row)))) } else { Err(lines) }
}

/// The revisions of a chain that is sorted by name.
pub(super) fn by_names<'v>(chain: &Chain, names: impl Iterator<Item = &'v str>) -> Applied {
    let mut applied = Applied::default();
    for name in names {
        match chain.depth(name) {
            Some(depth) => applied.known.push(depth - 1),
            None => applied.unknown.push((name.to_owned(), name > chain.head().id.as_str())),
        }
    }
    applied.known.sort_unstable();
    applied
}

/// The first value of each row.
pub(super) fn firsts<'r>(rows: &[Row<'r>]) -> impl Iterator<Item = &'r str> {
    rows.iter().filter_map(|row| text(row, 0))
}

pub(super) fn text<'r>(row: Row<'r>, at: usize) -> Option<&'r str> {
    row.get(at).and_then(Option::as_deref)
}

/// Deletes the row whose column has a revision's id.
pub(super) fn delete(table: &str, column: &str, revision: &Revision) -> String {
    format!("DELETE FROM {table} WHERE {column} = {}", quote_literal(revision.id.as_str()))
}

/// A version that is a whole number, as SQL.
pub(super) fn number(revision: &Revision) -> String {
    format!("{}::pg_catalog.int8", by_number(revision.id.as_str()).1)
}
