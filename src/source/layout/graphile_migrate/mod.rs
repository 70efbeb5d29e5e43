//! graphile-migrate: `committed/000001-name.sql`, each with the hash of its predecessor.

mod settings;

use super::fill;
use super::interface::{Fresh, Layout, by_number};
use super::tree::{self, Content, Tree};
use crate::chain::{Manner, Revision};
use crate::source::Problem;
use settings::Placeholders;

pub struct GraphileMigrate;

impl Layout for GraphileMigrate {
    fn claims(&self, tree: &Tree) -> bool {
        tree.folders().any(|folder| folder == "committed")
            || tree.path().file_name().is_some_and(|name| name == "committed")
                && tree.files().any(|file| number(file).is_some())
    }

    /// An uncommitted file is not a revision.
    fn leaves_out(&self, _: &Tree, file: &str) -> bool {
        number(file).is_none() && file != "current.sql"
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let folder = if tree.folders().any(|folder| folder == "committed") { "committed/" } else { "" };
        let files = tree.all_files();
        let mut found: Vec<(&str, &str, &str)> = files
            .iter()
            .filter_map(|file| {
                let (number, words) = number(file.strip_prefix(folder)?)?;
                Some((number, words, file.as_str()))
            })
            .collect();
        found.sort_by_key(|(number, ..)| by_number(number));
        let placeholders = Placeholders::of(tree, problems);
        let mut before: Option<String> = None;
        let mut revisions = Vec::new();
        for (number, words, file) in found {
            let Some(content) = tree.read(file, problems) else { continue };
            problems.extend(misplaced(&content, before.as_deref()));
            before = header(&content.text, "Hash");
            let text = fill::filled(&content, placeholders.found(&content, body(&content.text)), problems);
            let manner = Manner { in_transaction: !is_alone(&content.text), repeats: false };
            let revision = tree::revision(number, &words.replace('-', "_"), content, problems);
            revisions.push(Revision { manner, text, ..revision });
        }
        revisions
    }

    fn template(&self, _: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        Err("write current.sql, and `graphile-migrate commit` makes a revision of it")
    }
}

/// The number and the words of `000001-words.sql`.
fn number(file: &str) -> Option<(&str, &str)> {
    let stem = file.strip_suffix(".sql")?;
    let digits = stem.bytes().take_while(u8::is_ascii_digit).count();
    let (number, words) = stem.split_at(digits);
    let is_its = words.is_empty() || words.starts_with('-');
    (digits > 0 && is_its && !words.contains('/')).then_some((number, words.trim_start_matches('-')))
}

/// `--! Name: value` in the lines at the top.
pub fn header(script: &str, name: &str) -> Option<String> {
    let header = script.lines().take_while(|line| line.starts_with("--! "));
    let mut values = header.filter_map(|line| line[4..].split_once(':'));
    values.find(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned())
}

/// The problem of a script whose recorded predecessor is another.
fn misplaced(content: &Content, before: Option<&str>) -> Option<Problem> {
    let message = match (header(&content.text, "Previous"), header(&content.text, "Hash")) {
        (None, _) | (_, None) => {
            "`--! Previous:` and `--! Hash:` are missing at its top: graphile-migrate refuses it too".to_owned()
        }
        (Some(previous), _) if previous == before.unwrap_or("-") => return None,
        (Some(previous), _) => {
            format!(
                "it was committed behind {previous}, and stands behind {}: graphile-migrate refuses it too",
                before.unwrap_or("none")
            )
        }
    };
    Some(Problem::Line { file: content.file.clone(), line: 1, message })
}

/// The first byte behind the header.
fn body(script: &str) -> usize {
    let is_header =
        |line: &str| line.strip_prefix("--! ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    script.split_inclusive('\n').take_while(|line| is_header(line)).map(str::len).sum()
}

/// True if the first line of the body takes the transaction away.
fn is_alone(script: &str) -> bool {
    let first = script[body(script)..].trim_start().lines().next().unwrap_or_default();
    let words = first.strip_prefix("--!").map(str::trim_start).and_then(|words| words.strip_prefix("no-transaction"));
    words.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
}
