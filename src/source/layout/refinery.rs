//! refinery: `V1__name.sql`, and `U1__name.sql` that may come late, in the order of the numbers. Subfolders are included.

use super::interface::{Fresh, Layout, by_number};
use super::tree::{self, Tree};
use crate::chain::Revision;
use crate::source::Problem;

pub struct Refinery;

const RUST: &str = "refinery has it compiled into the program, and lockgate cannot run it: write what it does as SQL, in a file of the same \
                    version";

impl Layout for Refinery {
    /// Its names are also Flyway's; its own source code is specific.
    fn claims(&self, tree: &Tree) -> bool {
        is_refinerys(tree)
    }

    fn leaves_out(&self, _: &Tree, _: &str) -> bool {
        true
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let files = tree.all_files();
        let mut found: Vec<(&str, &str, &str)> = Vec::new();
        for file in &files {
            let base = file.rsplit('/').next().unwrap_or(file);
            match (version(base), base.rsplit_once('.').map(|(_, ending)| ending)) {
                (Some(_), Some("rs")) => problems.push(Problem::Name { file: file.clone(), why: RUST.to_owned() }),
                // Its expression allows letters, digits and `_` in a name.
                (Some((_, words)), Some("sql")) if !is_word(words) => {
                    tracing::warn!(file, "refinery leaves the file out by its name, and so does lockgate");
                }
                (Some((version, _)), Some("sql")) if version.parse::<i64>().is_err() => problems.push(Problem::Name {
                    file: file.clone(),
                    why: "refinery's versions are whole numbers".to_owned(),
                }),
                (Some((version, description)), Some("sql")) => found.push((version, description, file)),
                _ => {}
            }
        }
        found.sort_by_key(|(version, ..)| by_number(version));
        let read = |(version, description, file): (&str, &str, &str)| {
            Some(tree::revision(version, description, tree.read(file, problems)?, problems))
        };
        found.into_iter().filter_map(read).collect()
    }

    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        let version = fresh.head().map_or("1".to_owned(), |head| fresh.number_after(head.id.as_str()));
        Ok(vec![(format!("V{version}__{}.sql", fresh.words), String::new())])
    }
}

/// True if source code of refinery is beside the scripts.
pub fn is_refinerys(tree: &Tree) -> bool {
    tree.files().any(|file| file.ends_with(".rs") && version(file).is_some())
}

fn is_word(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The version and the words of `V1__words.sql`.
fn version(file: &str) -> Option<(&str, &str)> {
    let (stem, _) = file.rsplit_once('.')?;
    let (version, words) = stem.strip_prefix(['V', 'U'])?.split_once("__")?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    (is_version && version.chars().all(|c| c.is_ascii_digit() || c == '.') && !words.is_empty())
        .then_some((version, words))
}
