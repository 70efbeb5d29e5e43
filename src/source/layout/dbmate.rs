//! dbmate: both directions in `VERSION_NAME.sql`, after `-- migrate:up` and `-- migrate:down`, in the order of the names.

use super::interface::{Fresh, Layout};
use super::lines;
use super::tree::{self, Content, Tree};
use crate::chain::{Down, Manner, Revision};
use crate::source::Problem;

pub struct Dbmate;

impl Layout for Dbmate {
    /// Its names are not specific; its marks are.
    fn claims(&self, _: &Tree) -> bool {
        false
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let files = tree.files().filter(|file| tree::is_sql(file) && file.starts_with(|c: char| c.is_ascii_digit()));
        files.filter_map(|file| one(tree.read(file, problems)?, problems)).collect()
    }

    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        Ok(vec![(
            format!("{}_{}.sql", fresh.number(), fresh.words),
            "-- migrate:up\n\n\n-- migrate:down\n\n".to_owned(),
        )])
    }
}

fn one(content: Content, problems: &mut Vec<Problem>) -> Option<Revision> {
    let digits = content.file.bytes().take_while(u8::is_ascii_digit).count();
    let (version, rest) = content.file.split_at(digits);
    let (version, description) = (version.to_owned(), rest.trim_start_matches('_').trim_end_matches(".sql").to_owned());
    let parts = match Parts::read(&content.text) {
        Ok(parts) => parts,
        Err((line, message)) => {
            problems.push(Problem::Line { file: content.file, line, message });
            return None;
        }
    };
    let down = Down::new(&content.file, Some(lines::from(&content.text, parts.down).into()));
    let text = content.text[..parts.down].to_owned();
    let revision = tree::revision(&version, &description, Content { text, ..content }, problems);
    Some(Revision {
        down: Some(down),
        manner: Manner { in_transaction: parts.in_transaction, repeats: false },
        ..revision
    })
}

struct Parts {
    /// The first byte of the down script.
    down: usize,
    in_transaction: bool,
}

impl Parts {
    /// Reads the marks as dbmate does, line by line, even within quotes.
    fn read(script: &str) -> Result<Self, (usize, String)> {
        let (mut up, mut down) = (None, None);
        for line in lines::lines(script) {
            let wrong = |message: &str| Err((line.number, message.to_owned()));
            match mark(line.text) {
                Some(("up", options)) if up.is_none() => up = Some(!options.contains(&"transaction:false")),
                // dbmate runs the first one, records the version, and then fails to record it again.
                Some(("up", _)) => {
                    return wrong(
                        "a second `-- migrate:up`: dbmate never runs what stands behind it; write it as a file of its own",
                    );
                }
                Some(_) if up.is_none() => return wrong("`-- migrate:down` before `-- migrate:up`"),
                Some(_) if down.is_some() => return wrong("a second `-- migrate:down`"),
                Some(_) => down = Some(line.start),
                None if up.is_none() && !is_comment(line.text) => {
                    return wrong("a line before `-- migrate:up`: dbmate reads no statement there");
                }
                None if is_nearly_mark(line.text) => {
                    return wrong(
                        "dbmate takes this for a comment, and a reader takes it for a mark: write it as `-- migrate:up` at the line's beginning",
                    );
                }
                None => {}
            }
        }
        match (up, down) {
            (Some(in_transaction), Some(down)) => Ok(Self { down, in_transaction }),
            (None, _) => Err((1, "dbmate finds no `-- migrate:up` in it, and refuses it too".to_owned())),
            (_, None) => Err((1, "dbmate finds no `-- migrate:down` in it, and refuses it too".to_owned())),
        }
    }
}

fn is_comment(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with("--")
}

/// True for a comment that resembles a mark, in another case or with indentation.
fn is_nearly_mark(line: &str) -> bool {
    let said = line.trim_start().trim_start_matches('-').trim_start().to_ascii_lowercase();
    let is_way =
        |way: &str| said.strip_prefix(way).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()));
    line.trim_start().starts_with("--") && (is_way("migrate:up") || is_way("migrate:down"))
}

/// `up` or `down`, with its options.
fn mark(line: &str) -> Option<(&'static str, Vec<&str>)> {
    let words = line.strip_prefix("--")?.trim_start().strip_prefix("migrate:")?;
    let (way, rest) = match words.strip_prefix("up") {
        Some(rest) => ("up", rest),
        None => ("down", words.strip_prefix("down")?),
    };
    let is_word = rest.is_empty() || rest.starts_with(char::is_whitespace);
    is_word.then(|| (way, rest.split_whitespace().collect()))
}
