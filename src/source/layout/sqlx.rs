//! sqlx: `VERSION_NAME.sql`, or `VERSION_NAME.up.sql` with `VERSION_NAME.down.sql` beside it.

use super::interface::{Fresh, Layout, by_number};
use super::tree::{self, Tree};
use crate::chain::{Manner, Revision};
use crate::source::Problem;

pub struct Sqlx;

/// The first words of a script that runs outside a transaction.
const NO_TRANSACTION: &str = "-- no-transaction";

impl Layout for Sqlx {
    /// Its simple names are not specific, and its pairs are also golang-migrate's.
    fn claims(&self, tree: &Tree) -> bool {
        tree.files().any(|file| file.ends_with(".up.sql") && version(file).is_some_and(|found| found.is_ok()))
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let mut files: Vec<(&str, &str)> = Vec::new();
        for file in tree.files().filter(|file| !file.ends_with(".down.sql")) {
            match version(file) {
                Some(Ok(version)) => files.push((version, file)),
                Some(Err(why)) => problems.push(Problem::Name { file: file.to_owned(), why }),
                None => {}
            }
        }
        files.sort_by_key(|(version, _)| by_number(version));
        files.into_iter().filter_map(|(version, file)| one(tree, version, file, problems)).collect()
    }

    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        let stem = format!("{}_{}", fresh.number(), fresh.words);
        let is_pair = fresh.head().is_some_and(|head| head.file.ends_with(".up.sql"));
        let comment = || "-- Add migration script here\n".to_owned();
        let down =
            (is_pair || (fresh.head().is_none() && fresh.has_down)).then(|| (format!("{stem}.down.sql"), comment()));
        let ending = if down.is_some() { "up.sql" } else { "sql" };
        Ok([(format!("{stem}.{ending}"), comment())].into_iter().chain(down).collect())
    }
}

/// The digits before the first `_`; none for a file that sqlx ignores.
fn version(file: &str) -> Option<Result<&str, String>> {
    let (version, rest) = file.split_once('_')?;
    if !rest.ends_with(".sql") {
        return None;
    }
    let is_number = version.bytes().all(|byte| byte.is_ascii_digit()) && version.parse::<i64>().is_ok();
    Some(if is_number { Ok(version) } else { Err("sqlx expects a whole number before the first `_`".to_owned()) })
}

fn one(tree: &Tree, version: &str, file: &str, problems: &mut Vec<Problem>) -> Option<Revision> {
    let content = tree.read(file, problems)?;
    let stem = file.strip_suffix(".up.sql");
    let back = stem.map(|stem| format!("{stem}.down.sql")).filter(|down| tree.has(down));
    let down = back.and_then(|down| tree.down(down, problems));
    let manner = Manner { in_transaction: !content.text.starts_with(NO_TRANSACTION), repeats: false };
    let description = file[version.len() + 1..].trim_end_matches(".up.sql").trim_end_matches(".sql");
    Some(Revision { down, manner, ..tree::revision(version, description, content, problems) })
}
