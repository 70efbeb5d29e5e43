//! Atlas: `VERSION_NAME.sql` in the order of the names, with their sums in `atlas.sum`.

use sha2::{Digest, Sha256};

use super::interface::{Fresh, Layout};
use super::lines;
use super::tree::{self, Content, Tree};
use crate::chain::{Manner, Revision};
use crate::source::Problem;

pub struct Atlas;

const SUMS: &str = "atlas.sum";

impl Layout for Atlas {
    /// Directories in the formats of other tools have sums too.
    fn claims(&self, tree: &Tree) -> bool {
        let is_others = |file: &str| file.ends_with(".up.sql") || (file.starts_with('V') && file.contains("__"));
        tree.has(SUMS) && !tree.files().any(is_others)
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let files: Vec<&str> = tree.files().filter(|file| tree::is_sql(file)).collect();
        let contents: Vec<Content> = files.into_iter().filter_map(|file| tree.read(file, problems)).collect();
        problems.extend(changed(tree, &contents));
        contents.into_iter().map(|content| one(content, problems)).collect()
    }

    fn template(&self, _: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        Err("`atlas migrate new NAME` writes the script and its sum")
    }
}

fn one(content: Content, problems: &mut Vec<Problem>) -> Revision {
    let stem = content.file.trim_end_matches(".sql").to_owned();
    let (version, description) = stem.split_once('_').unwrap_or((&stem, ""));
    let mut manner = Manner::default();
    for line in lines::lines(&content.text) {
        let words: Vec<&str> = line.text.trim_start_matches('-').split_whitespace().collect();
        let message = match words.as_slice() {
            _ if !line.text.starts_with("--") => continue,
            ["atlas:txmode", "none"] => {
                manner.in_transaction = false;
                continue;
            }
            ["atlas:checkpoint", ..] => {
                "a checkpoint, which a new database takes in place of all before it; lockgate has one chain for every database: keep \
                 either it or those in this directory"
            }
            ["atlas:delimiter", ..] => {
                "statements that end otherwise than in `;`: write them with `;`, and leave the mark out"
            }
            _ => continue,
        };
        problems.push(Problem::Line { file: content.file.clone(), line: line.number, message: message.to_owned() });
    }
    Revision { manner, ..tree::revision(version, description, content, problems) }
}

/// The first script that is not what its sum was made of; Atlas refuses the directory too.
fn changed(tree: &Tree, contents: &[Content]) -> Option<Problem> {
    // A script may say that it does not count, and then its sum is Atlas' to know.
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
            Some((name, sum)) if name == content.file && sum == base64(&hash.clone().finalize()) => {}
            Some((name, _)) if name == content.file => {
                return wrong(&content.file, "it is not the script that atlas.sum was made of");
            }
            _ => return wrong(&content.file, "atlas.sum does not have it at this place"),
        }
    }
    recorded.next().and_then(|(name, _)| wrong(name, "atlas.sum has it, and it is missing"))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
