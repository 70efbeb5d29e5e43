//! node-pg-migrate: both directions in `TIMESTAMP_NAME.sql`, after comments that begin with `Up Migration` and `Down Migration`.

use super::interface::{Fresh, Layout};
use super::lines;
use super::name;
use super::tree::{self, Content, Tree};
use crate::chain::{Down, Revision};
use crate::source::Problem;

pub struct NodePgMigrate;

impl Layout for NodePgMigrate {
    /// Its names are not specific; its marks are.
    fn claims(&self, _: &Tree) -> bool {
        false
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let mut files: Vec<(i128, &str)> = Vec::new();
        for file in tree.files() {
            let why = match (file.rsplit_once('.'), moment(file)) {
                (Some((_, "sql")), Some(moment)) => {
                    files.push((moment, file));
                    continue;
                }
                (Some((_, "sql")), None) => "node-pg-migrate finds no number at its beginning, and refuses it too",
                (Some((_, "js" | "cjs" | "mjs" | "ts" | "cts" | "mts")), Some(_)) => {
                    "node-pg-migrate runs it as code, which lockgate cannot: write what it does as SQL, as a file of the same name"
                }
                _ => continue,
            };
            problems.push(Problem::Name { file: file.to_owned(), why: why.to_owned() });
        }
        files.sort();
        files.into_iter().filter_map(|(_, file)| one(tree.read(file, problems)?, problems)).collect()
    }

    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        let down = if fresh.has_down { "\n-- Down Migration\n" } else { "" };
        Ok(vec![(format!("{}_{}.sql", fresh.number(), fresh.words), format!("-- Up Migration\n{down}"))])
    }
}

/// The leading number: a time in UTC if it has 17 digits, otherwise milliseconds.
fn moment(file: &str) -> Option<i128> {
    let digits = &file[..file.bytes().take_while(u8::is_ascii_digit).count()];
    let number: i128 = digits.parse().ok()?;
    if digits.len() != 17 {
        return Some(number);
    }
    Some(name::utc(digits))
}

fn one(content: Content, problems: &mut Vec<Problem>) -> Option<Revision> {
    let stem = content.file.trim_end_matches(".sql").to_owned();
    let description = stem.split_once('_').map_or("", |(_, words)| words).to_owned();
    let begins = |way: &str| lines::lines(&content.text).find(|line| is_mark(line.text, way)).map(|line| line.start);
    let (text, down) = match (begins("up"), begins("down")) {
        (None, None) => (content.text.clone(), None),
        (None, Some(_)) => {
            let message =
                "a way back without `-- Up Migration`: node-pg-migrate would run it on the way up too".to_owned();
            problems.push(Problem::Line { file: content.file, line: 1, message });
            return None;
        }
        (Some(up), None) => (lines::from(&content.text, up), None),
        (Some(up), Some(down)) if up < down => {
            (lines::from(&content.text[..down], up), Some(lines::from(&content.text, down)))
        }
        (Some(up), Some(down)) => (lines::from(&content.text, up), Some(lines::from(&content.text[..up], down))),
    };
    let down = down.map(|text| Down::new(&content.file, Some(text.into())));
    let revision = tree::revision(&stem, &description, Content { text, ..content }, problems);
    Some(Revision { down, ..revision })
}

/// True for `--` followed by dashes and blanks, the direction, blanks, and a word that begins with `migration`.
fn is_mark(line: &str, way: &str) -> bool {
    let Some(said) = line.trim_start().strip_prefix("--") else { return false };
    let said = said.trim_start_matches(|c: char| c == '-' || c.is_whitespace()).to_ascii_lowercase();
    let Some(rest) = said.strip_prefix(way) else { return false };
    rest.starts_with(char::is_whitespace) && rest.trim_start().starts_with("migration")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_17_digits_is_a_date() {
        assert_eq!(moment("20240229123456789_x.sql"), Some(1_709_210_096_789));
        assert_eq!(moment("1709210096789_x.sql"), Some(1_709_210_096_789));
        assert_eq!(moment("x_1.sql"), None);
    }
}
