//! One migration: an id, a description, an up script, and optionally a down script.

use std::cmp::Ordering;
use std::fmt;

use super::checksum::{self, Version};
use super::compiled::UNREAD;
use super::text::Text;
use super::written::Written;

/// The part of a file's name before the first `_`. Numbers (and timestamps) sort as numbers, and before names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Id(String);

impl Id {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_number(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// The digits without leading zeros: equal for `7` and `0007`.
    pub fn number(&self) -> Option<&str> {
        self.is_number().then(|| by_number(&self.0).1)
    }
}

/// A sort key for a number: its length, then its digits, without leading zeros.
pub fn by_number(digits: &str) -> (usize, &str) {
    let digits = digits.trim_start_matches('0');
    (digits.len(), digits)
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.number(), other.number()) {
            (Some(a), Some(b)) => by_number(a).cmp(&by_number(b)).then_with(|| self.0.cmp(&other.0)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => self.0.cmp(&other.0),
        }
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A revision from its files.
#[derive(Clone, Debug)]
pub struct Revision {
    pub id: Id,
    pub description: String,
    /// The up script's file name.
    pub file: String,
    pub text: Text,
    /// SHA-256 of the file's bytes, in hex. If it equals the history's, nothing is parsed as SQL.
    pub bytes: String,
    /// The parents that `-- lockgate:after` names.
    pub after: Option<Vec<Id>>,
    /// Boxed, because most revisions have none.
    pub down: Option<Box<Down>>,
    pub manner: Manner,
    /// The time by which its tool identifies it, in milliseconds, if it has one.
    pub moment: Option<i64>,
}

/// The down script of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    pub file: String,
    /// Its text, if it is known with the up script's.
    pub text: Option<Text>,
}

/// The way in which a script runs, from another tool's marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// False if its DO and CALL may end transactions, so they are sent outside of any.
    pub in_transaction: bool,
    /// True if it runs again whenever it has changed.
    pub repeats: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self { in_transaction: true, repeats: false }
    }
}

impl Down {
    pub fn new(file: impl Into<String>, text: Option<Text>) -> Box<Self> {
        Box::new(Self { file: file.into(), text })
    }
}

impl Revision {
    /// The checksum for the history.
    pub fn checksum(&self) -> String {
        self.checksum_by(checksum::NEWEST)
    }

    /// The checksum by the rules of a version.
    pub fn checksum_by(&self, version: Version) -> String {
        match self.recorded() {
            Some(written) => version.checksum(written),
            None => version.of_text(&self.text),
        }
    }

    /// Passes on the text that checksums are of.
    pub fn once_recorded<T>(&self, look: impl FnOnce(&str) -> T) -> T {
        match self.recorded() {
            Some(written) => look(written),
            None => self.text.once(look),
        }
    }

    /// The text that checksums are of, if it is not the one that runs: the one in its file, so that another value of a placeholder
    /// is no change. A script that repeats is known by the text that runs, because it runs again when a value changes.
    fn recorded(&self) -> Option<&str> {
        self.text.written().filter(|_| !self.manner.repeats).map(Written::text)
    }

    /// True if it declares that it was compiled from another tool's file.
    pub fn is_compiled(&self) -> bool {
        // A text with a directive is always in memory.
        self.text.is_away().is_none() && self.text.contains("lockgate:from ")
    }

    /// True if the tool itself has to run it, and its text is only a placeholder.
    pub fn is_of_tool(&self) -> bool {
        self.text.is_away().is_none() && self.text.ends_with(UNREAD)
    }

    /// True if the history's checksum, of any version, is this script's.
    pub fn has_checksum(&self, recorded: &str) -> bool {
        Version::of(recorded).is_some_and(|version| self.checksum_by(version) == recorded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_as_numbers_and_before_names() {
        let mut ids: Vec<Id> = ["abc", "10", "9", "0002", "20240101000000"].map(Id::new).into();
        ids.sort();
        let sorted: Vec<&str> = ids.iter().map(Id::as_str).collect();
        assert_eq!(sorted, ["0002", "9", "10", "20240101000000", "abc"]);
    }
}
