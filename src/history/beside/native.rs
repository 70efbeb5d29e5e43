//! Compares a tool's history with a chain in lockgate's own layout: the files have other names than for the tool, and other
//! checksums, so only the versions count.

use super::applied::{Applied, Row, firsts};
use crate::chain::Chain;
use crate::chain::revision::by_number;

/// The revisions for rows whose first value is a version.
pub(super) fn by_firsts(chain: &Chain, rows: &[Row<'_>]) -> Applied {
    by_versions(chain, firsts(rows))
}

/// The revisions of a chain that were applied as these versions: an id, its part before the first `_`, or its number.
pub(super) fn by_versions<'v>(chain: &Chain, versions: impl Iterator<Item = &'v str>) -> Applied {
    let mut applied = Applied::default();
    for version in versions {
        match place(chain, version) {
            Some(at) => applied.known.push(at),
            None => applied.unknown.push((version.to_owned(), is_behind(chain, version))),
        }
    }
    applied.known.sort_unstable();
    applied.known.dedup();
    applied
}

fn place(chain: &Chain, version: &str) -> Option<usize> {
    let beginning = || version.split(['_', '-']).next().and_then(|beginning| chain.depth(beginning));
    if let Some(depth) = chain.depth(version).or_else(beginning) {
        return Some(depth - 1);
    }
    let number = number(version)?;
    chain.revisions().iter().position(|revision| revision.id.number() == Some(number.1))
}

/// The number at the beginning of a version, unless it has several parts.
fn number(version: &str) -> Option<(usize, &str)> {
    let length = version.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = version.split_at(length);
    let is_whole = rest.is_empty() || rest.starts_with(['_', '-']) || rest == ".sql";
    (length > 0 && is_whole).then(|| by_number(digits))
}

fn is_behind(chain: &Chain, version: &str) -> bool {
    let head = chain.head().id.as_str();
    number(version).zip(number(head)).is_some_and(|(version, head)| version > head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{Id, Manner, Revision, order};

    fn chain() -> Chain {
        let revision = |id: &&str| Revision {
            id: Id::new(*id),
            description: "x".to_owned(),
            file: format!("{id}_x.sql"),
            text: "SELECT 1".to_owned().into(),
            bytes: String::new(),
            after: (*id == "ae1").then(|| vec![Id::new("20240102000000")]),
            down: None,
            manner: Manner::default(),
            moment: None,
        };
        order(["0001", "0002", "20240102000000", "ae1"].iter().map(revision).collect()).expect("a chain")
    }

    #[test]
    fn a_version_is_an_id_its_beginning_or_its_number() {
        for (version, known) in [
            ("1", Some(0)),
            ("0002", Some(1)),
            ("000002-name.sql", Some(1)),
            ("2.sql", Some(1)),
            ("20240102000000_name", Some(2)),
            ("20240102000000", Some(2)),
            ("ae1", Some(3)),
            ("1.2", None),
            ("3", None),
            ("x", None),
        ] {
            let applied = by_versions(&chain(), [version].into_iter());
            assert_eq!(applied.known.first().copied(), known, "{version}");
            assert_eq!(applied.unknown.len(), usize::from(known.is_none()), "{version}");
        }
    }
}
