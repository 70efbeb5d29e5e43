//! Atlas: `VERSION_NAME.sql` in the order of the names, with their sums in `atlas.sum`.

mod delimiter;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::fill::{self, Value};
use super::interface::{Fresh, Layout};
use super::lines;
use super::tree::{self, Content, Tree};
use crate::chain::{Manner, Revision};
use crate::source::Problem;

pub struct Atlas;

const SUMS: &str = "atlas.sum";

impl Layout for Atlas {
    /// Directories in other tools' formats have sums too.
    fn claims(&self, tree: &Tree) -> bool {
        let is_others = |file: &str| file.ends_with(".up.sql") || (file.starts_with('V') && file.contains("__"));
        tree.has(SUMS) && !tree.files().any(is_others)
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let files: Vec<&str> = tree.files().filter(|file| tree::is_sql(file)).collect();
        let contents: Vec<Content> = files.into_iter().filter_map(|file| tree.read(file, problems)).collect();
        problems.extend(changed(tree, &contents));
        contents.into_iter().enumerate().map(|(at, content)| one(content, at == 0, problems)).collect()
    }

    fn template(&self, _: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        Err("`atlas migrate new NAME` writes the script and its sum")
    }
}

/// `is_first`: no script is before it.
fn one(content: Content, is_first: bool, problems: &mut Vec<Problem>) -> Revision {
    let stem = content.file.trim_end_matches(".sql").to_owned();
    let (version, description) = stem.split_once('_').unwrap_or((&stem, ""));
    let (mut manner, mut text) = (Manner::default(), None);
    for line in marks(&content.text) {
        let (mark, value) = line.text.split_once("atlas:").map_or(("", ""), |(_, mark)| {
            let mark = mark.trim_end();
            mark.split_once(' ').unwrap_or((mark, ""))
        });
        let message = match (mark, value.trim()) {
            ("txmode", "none") => {
                manner.in_transaction = false;
                continue;
            }
            ("txmode", "file" | "all") => continue,
            ("txmode", _) => "Atlas knows the modes none, file and all, and refuses it too",
            // The scripts that it stands for are gone: it is the first of the chain.
            ("checkpoint", _) if is_first => continue,
            ("checkpoint", _) => {
                "a checkpoint, which a new database takes in place of all before it; lockgate has one chain for every database: keep \
                 either it or those in this directory"
            }
            ("delimiter", "") => "Atlas knows no empty delimiter, and refuses it too",
            ("delimiter", value) => {
                let (from, end) = (line.start + line.text.len(), delimiter::meant(value));
                let places = delimiter::places(&content.text, from, &end);
                text = Some(fill::with(&content.text, places.into_iter().map(|place| (place, Value::known(";")))));
                continue;
            }
            ("import" | "txtar", _) => {
                "Atlas makes the script of several files here, which lockgate does not: write it as one script"
            }
            _ => continue,
        };
        problems.push(Problem::Line { file: content.file.clone(), line: line.number, message: message.to_owned() });
    }
    let mut revision = Revision { manner, ..tree::revision(version, description, content, problems) };
    if let Some(text) = text {
        revision.text = text;
    }
    revision
}

/// The comments at the very top, which an empty line has to separate from the first statement: only these can be file directives
/// for Atlas. A delimiter on the first line counts in any case.
fn marks(script: &str) -> Vec<lines::Line<'_>> {
    let is_comment = |line: &lines::Line<'_>| line.text.starts_with("--") || line.text.starts_with('#');
    let mut all = lines::lines(script).peekable();
    let mut marks: Vec<lines::Line<'_>> = std::iter::from_fn(|| all.next_if(is_comment)).collect();
    if all.peek().is_some_and(|line| !line.text.trim().is_empty()) {
        marks.retain(|line| line.number == 1 && line.text.starts_with("-- atlas:delimiter"));
    }
    marks
}

/// The first script that differs from its sum; Atlas also refuses such a directory.
fn changed(tree: &Tree, contents: &[Content]) -> Option<Problem> {
    // A script may exclude itself, and then only Atlas can compute its sum.
    if !tree.has(SUMS) || contents.iter().any(|content| content.text.contains("atlas:sum")) {
        return None;
    }
    let sums = tree.read(SUMS, &mut Vec::new())?;
    let mut recorded = sums.text.lines().skip(1).filter_map(|line| line.rsplit_once(" h1:"));
    let wrong = |file: &str, why: &str| {
        let why = format!("{why}; `atlas migrate hash` makes {SUMS} anew where that is meant");
        Some(Problem::Name { file: file.to_owned(), why })
    };
    let mut hash = Sha256::new();
    for content in contents {
        hash.update(content.file.as_bytes());
        hash.update(content.text.as_bytes());
        match recorded.next() {
            Some((name, sum)) if name == content.file && sum == BASE64_STANDARD.encode(hash.clone().finalize()) => {}
            Some((name, _)) if name == content.file => {
                return wrong(&content.file, "it is not the script that atlas.sum was made of");
            }
            _ => return wrong(&content.file, "atlas.sum does not have it at this place"),
        }
    }
    recorded.next().and_then(|(name, _)| wrong(name, "atlas.sum has it, and it is missing"))
}
