//! The interface to another tool's layout.

use super::tree::Tree;
use crate::chain::{Revision, revision};
use crate::source::Problem;

/// One tool's directory of SQL files. Everything that the tool accepts is accepted, with the tool's meaning.
pub trait Layout: Sync {
    /// True if the names in a directory show that it is this tool's.
    fn claims(&self, tree: &Tree) -> bool;

    /// True for a script whose name this tool ignores.
    fn leaves_out(&self, _: &Tree, _: &str) -> bool {
        false
    }

    /// The revisions in the tool's order; errors of its files are added to `problems`.
    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision>;

    /// The files of the next revision.
    ///
    /// # Errors
    /// Only the tool's own command can create them; the error names it.
    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str>;
}

/// A revision to be written.
pub struct Fresh<'a> {
    pub revisions: &'a [Revision],
    /// The present time as YYYYMMDDHHMMSS in UTC.
    pub timestamp: String,
    /// The name as words of a file name.
    pub words: &'a str,
    pub has_down: bool,
}

impl Fresh<'_> {
    /// The head of the chain, if there is one.
    pub(super) fn head(&self) -> Option<&Revision> {
        self.revisions.last()
    }

    /// The number after the one at the beginning of the head's id.
    pub(super) fn number(&self) -> String {
        let id = self.head().map_or("", |head| head.id.as_str());
        self.number_after(&id[..id.bytes().take_while(u8::is_ascii_digit).count()])
    }

    /// The number after another, with its width: a timestamp after a timestamp, or if there is none.
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

/// The version and the description of `VERSION_DESCRIPTION`; none without leading digits.
pub(super) fn numbered(stem: &str) -> Option<(&str, &str)> {
    let (version, description) = stem.split_once('_')?;
    (!version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())).then_some((version, description))
}

/// A sort key for numbers: the length first, then the digits, without leading zeros.
pub(super) fn by_number(version: &str) -> (usize, String) {
    let (length, digits) = revision::by_number(version);
    (length, digits.to_owned())
}
