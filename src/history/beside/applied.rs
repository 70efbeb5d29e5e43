//! The revisions that the rows of a tool's history say are applied.

use std::collections::HashMap;

use crate::chain::revision::by_number;
use crate::chain::{Chain, Revision};
use crate::pg::name::quote_literal;

/// A row of a tool's history; the values as the server shows them.
pub(super) type Row<'a> = &'a [Option<String>];

/// The revisions that a tool's history has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    /// By their indexes in the chain.
    pub(super) known: Vec<usize>,
    /// Those that the chain does not have, with whether they stand behind its head.
    pub(super) unknown: Vec<(String, bool)>,
    /// True where nobody can tell what else is applied: behind an unknown row there may be anything.
    pub(super) is_least: bool,
    /// Rows that say nothing beside the others, by the indexes of their revisions.
    pub(super) spare: Vec<usize>,
}

pub(super) fn is_number(version: &str) -> bool {
    version.bytes().all(|byte| byte.is_ascii_digit())
}

/// The places of a chain's revisions by their whole numbers.
fn places_by_number(chain: &Chain) -> HashMap<(usize, &str), usize> {
    chain.revisions().iter().enumerate().map(|(at, revision)| (by_number(revision.id.as_str()), at)).collect()
}

/// The revisions of a chain under versions that are whole numbers.
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

/// The same of rows that each begin with a version, or with its file, where nothing is wrong with one: with its checksum, or how it ended.
///
/// # Errors
/// All that is wrong, a line each.
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

/// Takes away the row whose column has a revision's id.
pub(super) fn delete(table: &str, column: &str, revision: &Revision) -> String {
    format!("DELETE FROM {table} WHERE {column} = {}", quote_literal(revision.id.as_str()))
}

/// A version that is a whole number, as SQL.
pub(super) fn number(revision: &Revision) -> String {
    format!("{}::pg_catalog.int8", by_number(revision.id.as_str()).1)
}
