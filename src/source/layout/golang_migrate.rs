//! golang-migrate: `VERSION_NAME.up.sql`, with `VERSION_NAME.down.sql` beside it. Any extension is allowed, and every file is
//! SQL.

use std::collections::BTreeMap;

use super::interface::{Fresh, Layout, by_number, numbered};
use super::tree::{self, Content, Tree};
use crate::chain::{Revision, checksum};
use crate::source::Problem;

pub struct GolangMigrate;

/// The two files of a version.
#[derive(Default)]
struct Ways<'a> {
    ups: Vec<&'a str>,
    downs: Vec<&'a str>,
}

impl Layout for GolangMigrate {
    fn claims(&self, tree: &Tree) -> bool {
        tree.files().any(|file| file.strip_suffix(".up.sql").is_some_and(|stem| numbered(stem).is_some()))
    }

    fn leaves_out(&self, _: &Tree, _: &str) -> bool {
        true
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let mut versions: BTreeMap<_, Ways<'_>> = BTreeMap::new();
        for file in tree.files() {
            match parts(file) {
                Some(Parts { version, is_up, .. }) => {
                    let ways = versions.entry(by_number(version)).or_default();
                    if is_up { ways.ups.push(file) } else { ways.downs.push(file) }
                }
                None if tree::is_sql(file) => {
                    tracing::warn!(file, "golang-migrate leaves the file out by its name, and so does lockgate")
                }
                None => {}
            }
        }
        versions.into_values().filter_map(|ways| one(tree, &ways, problems)).collect()
    }

    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        let stem = format!("{}_{}", fresh.number(), fresh.words);
        let down = fresh.has_down.then(|| (format!("{stem}.down.sql"), String::new()));
        Ok([(format!("{stem}.up.sql"), String::new())].into_iter().chain(down).collect())
    }
}

fn one(tree: &Tree, ways: &Ways<'_>, problems: &mut Vec<Problem>) -> Option<Revision> {
    for files in [&ways.ups, &ways.downs] {
        if let [first, second, ..] = files.as_slice() {
            let why = format!("{second} has the same version");
            problems.push(Problem::Name { file: (*first).to_owned(), why });
            return None;
        }
    }
    let file = *ways.ups.first().or(ways.downs.first())?;
    let Parts { version, name, .. } = parts(file)?;
    let content = match ways.ups.first() {
        Some(up) => tree.read(up, problems)?,
        // A version with only a down script is one that does nothing.
        None => Content { file: file.to_owned(), text: String::new(), bytes: checksum::bytes_digest(b"") },
    };
    let down = ways.downs.first().and_then(|down| tree.down((*down).to_owned(), problems));
    Some(Revision { down, ..tree::revision(version, name, content, problems) })
}

/// The parts of a name, `^([0-9]+)_(.*)\.(down|up)\.(.*)$`, in which the last of these two words counts.
struct Parts<'a> {
    version: &'a str,
    name: &'a str,
    is_up: bool,
}

fn parts(file: &str) -> Option<Parts<'_>> {
    let (version, rest) = numbered(file)?;
    let (up, down) = (rest.rfind(".up."), rest.rfind(".down."));
    let is_up = up > down;
    let name = &rest[..up.max(down)?];
    Some(Parts { version, name, is_up })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_ending_will_do() {
        let said = |file| parts(file).map(|parts| (parts.version, parts.name, parts.is_up));
        for (file, says) in [
            ("01_a_b.up.sql", Some(("01", "a_b", true))),
            ("1_.down.pgsql", Some(("1", "", false))),
            ("1_a.up.down.sql.bak", Some(("1", "a.up", false))),
            ("1_a.sql", None),
            ("a_1.up.sql", None),
            ("1_a.up", None),
        ] {
            assert_eq!(said(file), says, "{file}");
        }
    }
}
