//! golang-migrate: `VERSION_NAME.up.sql`, with `VERSION_NAME.down.sql` beside it.

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
            let up = file.strip_suffix(".up.sql").and_then(numbered);
            match up.or_else(|| file.strip_suffix(".down.sql").and_then(numbered)) {
                Some((version, _)) => {
                    let ways = versions.entry(by_number(version)).or_default();
                    if up.is_some() { ways.ups.push(file) } else { ways.downs.push(file) }
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
    let (version, rest) = numbered(file)?;
    let content = match ways.ups.first() {
        Some(up) => tree.read(up, problems)?,
        // A version that has a way back alone is one that does nothing.
        None => Content { file: file.to_owned(), text: String::new(), bytes: checksum::bytes_digest(b"") },
    };
    let down = ways.downs.first().and_then(|down| tree.down((*down).to_owned(), problems));
    let description = rest.strip_suffix(".up.sql").or_else(|| rest.strip_suffix(".down.sql")).unwrap_or(rest);
    Some(Revision { down, ..tree::revision(version, description, content, problems) })
}
