//! What every layout of another tool is asked.

use super::tree::Tree;
use crate::chain::{Revision, revision};
use crate::source::Problem;

/// One tool's directory of SQL files. What the tool accepts is accepted, and means what the tool takes it for.
pub trait Layout: Sync {
    /// True where the names in a directory say that it is this tool's.
    fn claims(&self, tree: &Tree) -> bool;

    /// True for a script that this tool takes for none of its own by its name.
    fn leaves_out(&self, _: &Tree, _: &str) -> bool {
        false
    }

    /// The revisions in the tool's order; what is wrong with its files is noted.
    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision>;

    /// The files of the next revision.
    ///
    /// # Errors
    /// The tool's own command has to make them; a sentence that says which.
    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str>;
}

/// A revision that is to be written.
pub struct Fresh<'a> {
    pub revisions: &'a [Revision],
    /// Now, as YYYYMMDDHHMMSS in UTC.
    pub timestamp: String,
    /// The name, as words of a file's name.
    pub words: &'a str,
    pub has_down: bool,
}

impl Fresh<'_> {
    /// The head of the chain, where there is one.
    pub(super) fn head(&self) -> Option<&Revision> {
        self.revisions.last()
    }

    /// The number after that at the beginning of the head's id.
    pub(super) fn number(&self) -> String {
        let id = self.head().map_or("", |head| head.id.as_str());
        self.number_after(&id[..id.bytes().take_while(u8::is_ascii_digit).count()])
    }

    /// The number after another, in its width: a timestamp after a timestamp, or where there is none.
    pub(super) fn number_after(&self, digits: &str) -> String {
        const TIMESTAMP: usize = 14;
        match digits.parse::<u128>() {
            Ok(number) if digits.len() == TIMESTAMP => {
                self.timestamp.parse::<u128>().map_or(number + 1, |now| now.max(number + 1)).to_string()
            }
            Ok(number) => format!("{:0width$}", number + 1, width = digits.len()),
            Err(_) => self.timestamp.clone(),
        }
    }
}

/// The revision's version and description in `VERSION_DESCRIPTION`; none where no digits stand at its beginning.
pub(super) fn numbered(stem: &str) -> Option<(&str, &str)> {
    let (version, description) = stem.split_once('_')?;
    (!version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())).then_some((version, description))
}

/// A number that sorts as one: without leading zeros, its length first.
pub(super) fn by_number(version: &str) -> (usize, String) {
    let (length, digits) = revision::by_number(version);
    (length, digits.to_owned())
}
