//! diesel: `VERSION_NAME/up.sql`, with `down.sql` beside it, in the order of the versions.

use super::interface::{Fresh, Layout};
use super::lines;
use super::tree::{self, Tree};
use crate::chain::{Manner, Revision};
use crate::source::Problem;

pub struct Diesel;

impl Layout for Diesel {
    fn claims(&self, tree: &Tree) -> bool {
        tree.folders().any(|folder| tree.has(&format!("{folder}/up.sql")))
    }

    fn leaves_out(&self, _: &Tree, _: &str) -> bool {
        true
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let mut folders: Vec<(String, &str)> = tree.folders().map(|folder| (version(folder), folder)).collect();
        folders.sort();
        folders.into_iter().filter_map(|(version, folder)| one(tree, &version, folder, problems)).collect()
    }

    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        let number = fresh.number();
        // The time in diesel's format.
        let version = match number.len() {
            14 => format!("{}-{}-{}-{}", &number[..4], &number[4..6], &number[6..8], &number[8..]),
            _ => number,
        };
        let folder = format!("{version}_{}", fresh.words);
        let down = fresh.has_down.then(|| (format!("{folder}/down.sql"), String::new()));
        Ok([(format!("{folder}/up.sql"), String::new())].into_iter().chain(down).collect())
    }
}

fn version(folder: &str) -> String {
    folder.split('_').next().unwrap_or(folder).replace('-', "")
}

fn one(tree: &Tree, version: &str, folder: &str, problems: &mut Vec<Problem>) -> Option<Revision> {
    let file = format!("{folder}/up.sql");
    if !tree.has(&file) {
        let why = "the folder holds no up.sql: put it back, or delete the folder".to_owned();
        problems.push(Problem::Name { file: folder.to_owned(), why });
        return None;
    }
    let content = tree.read(&file, problems)?;
    if content.text.trim().is_empty() {
        problems.push(Problem::Empty { file });
        return None;
    }
    let back = format!("{folder}/down.sql");
    let down = if tree.has(&back) { tree.down(back, problems) } else { None };
    let manner = Manner { in_transaction: in_transaction(tree, folder, problems), repeats: false };
    let description = folder.split_once('_').map_or("", |(_, words)| words);
    Some(Revision { down, manner, ..tree::revision(version, description, content, problems) })
}

/// A file without the key means no, and a missing file means yes, as in diesel.
fn in_transaction(tree: &Tree, folder: &str, problems: &mut Vec<Problem>) -> bool {
    let file = format!("{folder}/metadata.toml");
    let Some(content) = tree.has(&file).then(|| tree.read(&file, problems)).flatten() else { return true };
    lines::lines(&content.text).any(|line| {
        let pair = line.text.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
        matches!(pair, Some(("run_in_transaction", value)) if value.starts_with("true"))
    })
}
