//! A script that was compiled from a program: its source, the facts that the program read from the database, and the database's
//! answers. With other answers, the program might have sent other statements.

use std::fmt;
use std::path::{Component, Path};

use sha2::{Digest, Sha256};

use super::hex::hex;

/// `lockgate:from`: the file from which a script was compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path with `/`, relative to the parent directory of the scripts.
    pub path: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

impl Source {
    /// # Errors
    /// The required form.
    pub(super) fn parse(argument: &str) -> Result<Self, String> {
        let shape = || "the file that it was compiled from, and its digest: `lockgate:from PATH sha256:HEX`".to_owned();
        let (path, digest) = argument.rsplit_once(char::is_whitespace).ok_or_else(shape)?;
        let sha256 = digest_of(digest).ok_or_else(shape)?;
        let path = path.trim();
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if path.is_empty() || !Path::new(path).components().all(is_plain) {
            return Err("a path below the directory around this one, without `..`".to_owned());
        }
        Ok(Self { path: path.to_owned(), sha256 })
    }

    /// True if it has these bytes.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        hex(&Sha256::digest(bytes)) == self.sha256
    }
}

/// `sha256:HEX`, in lower case.
fn digest_of(text: &str) -> Option<String> {
    let digits = text.strip_prefix("sha256:")?;
    let is_digest = digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_digest.then(|| digits.to_owned())
}

/// `lockgate:trace`: the facts that a program read from the database while it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Nothing on which it could have based a decision.
    Blind,
    /// The catalog.
    Catalog,
    /// The number of rows that its statements changed.
    Counts,
    /// Rows.
    Rows,
    /// It cannot be compiled: the program itself has to run.
    Runner,
}

/// The script of a revision that the program itself has to run: unread code. It is never sent.
pub const UNREAD: &str = "DO $lockgate$ BEGIN EXECUTE ''; END $lockgate$";

impl Class {
    const ALL: [Self; 5] = [Self::Blind, Self::Catalog, Self::Counts, Self::Rows, Self::Runner];

    pub fn word(self) -> &'static str {
        match self {
            Self::Blind => "blind",
            Self::Catalog => "catalog",
            Self::Counts => "counts",
            Self::Rows => "rows",
            Self::Runner => "runner",
        }
    }

    /// True if it runs completely as recorded, in one transaction, or not at all: a part that is already in force may have
    /// changed what the rest read.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Counts | Self::Rows)
    }

    pub(super) fn parse(argument: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|class| class.word() == argument);
        found.ok_or_else(|| format!("one of {}", Self::ALL.map(Self::word).join(", ")))
    }
}

/// `lockgate:expect`: the required answer of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The row count in its command tag.
    Count(u64),
    /// The number of its rows, and their digest if it is known.
    Rows { count: u64, sha256: Option<String> },
}

impl Expectation {
    pub(super) fn parse(argument: &str) -> Result<Self, String> {
        let shape = || "`count N`, or `rows N` with `sha256:HEX` of the rows behind it".to_owned();
        let mut words = argument.split_whitespace();
        let (kind, number, digest) = (words.next(), words.next(), words.next());
        let number: u64 = number.and_then(|number| number.parse().ok()).ok_or_else(shape)?;
        match (kind, digest, words.next()) {
            (Some("count"), None, None) => Ok(Self::Count(number)),
            (Some("rows"), None, None) => Ok(Self::Rows { count: number, sha256: None }),
            (Some("rows"), Some(digest), None) => {
                let sha256 = Some(digest_of(digest).ok_or_else(shape)?);
                Ok(Self::Rows { count: number, sha256 })
            }
            _ => Err(shape()),
        }
    }

    /// The difference of an answer, in words; none if it is as expected.
    pub fn broken_by(&self, answer: &Answered) -> Option<String> {
        match self {
            Self::Count(count) if *count == answer.affected => None,
            Self::Count(_) => Some(rows(answer.affected)),
            Self::Rows { count, .. } if *count != answer.rows.count => Some(rows(answer.rows.count)),
            Self::Rows { sha256: Some(sha256), .. } if *sha256 != answer.rows.sha256() => {
                Some(format!("{}, and not the same", rows(answer.rows.count)))
            }
            Self::Rows { .. } => None,
        }
    }
}

/// The expected answer in words.
impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Count(count) | Self::Rows { count, .. }) = self;
        f.write_str(&rows(*count))
    }
}

fn rows(count: u64) -> String {
    match count {
        0 => "no row".to_owned(),
        1 => "1 row".to_owned(),
        count => format!("{count} rows"),
    }
}

/// The server's answer to a statement.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// The number in its command tag; 0 if that has none.
    pub affected: u64,
    pub rows: RowDigest,
}

/// Rows in text form: the server's text of each value, a TAB between columns, `\N` for NULL, a line feed between rows.
#[derive(Clone, Debug, Default)]
pub struct RowDigest {
    count: u64,
    hash: Sha256,
}

impl RowDigest {
    pub fn take<'v>(&mut self, row: impl IntoIterator<Item = Option<&'v str>>) {
        if self.count > 0 {
            self.hash.update(b"\n");
        }
        self.count += 1;
        for (at, value) in row.into_iter().enumerate() {
            if at > 0 {
                self.hash.update(b"\t");
            }
            self.hash.update(value.unwrap_or("\\N"));
        }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// The digest in hexadecimal.
    pub fn sha256(&self) -> String {
        hex(&self.hash.clone().finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(affected: u64, rows: &[&[Option<&str>]]) -> Answered {
        let mut answered = Answered { affected, ..Answered::default() };
        rows.iter().for_each(|row| answered.rows.take(row.iter().copied()));
        answered
    }

    #[test]
    fn an_expectation_holds_or_says_what_is_here() {
        let expect = |text: &str, answer: &Answered| Expectation::parse(text).unwrap().broken_by(answer);
        assert_eq!(expect("count 2", &answered(2, &[])), None);
        assert_eq!(expect("count 2", &answered(214, &[])).as_deref(), Some("214 rows"));
        let one = answered(1, &[&[Some("a"), None]]);
        assert_eq!(expect("rows 1", &one), None);
        assert_eq!(expect("rows 0", &one).as_deref(), Some("1 row"));
        let digest = hex(&Sha256::digest(b"a\t\\N"));
        assert_eq!(expect(&format!("rows 1 sha256:{digest}"), &one), None);
        let other = answered(1, &[&[Some("b"), None]]);
        assert_eq!(expect(&format!("rows 1 sha256:{digest}"), &other).as_deref(), Some("1 row, and not the same"));
        let two = answered(2, &[&[Some("a")], &[None]]);
        assert_eq!(two.rows.sha256(), hex(&Sha256::digest(b"a\n\\N")));
    }

    #[test]
    fn what_has_another_shape_is_refused() {
        for text in
            ["", "count", "count x", "count -1", "count 1 2", "rows", "rows 1 md5:x", "rows 1 sha256:0", "all 1"]
        {
            assert!(Expectation::parse(text).is_err(), "{text}");
        }
        let digest = "0".repeat(64);
        for text in ["", "a.py", "sha256:0", &format!("sha256:{digest}"), &format!("../a.py sha256:{digest}")] {
            assert!(Source::parse(text).is_err(), "{text}");
        }
        let source = Source::parse(&format!("versions/a b.py  sha256:{digest}")).unwrap();
        assert_eq!((source.path.as_str(), source.is_of(b"x")), ("versions/a b.py", false));
        assert_eq!((Class::parse("rows"), Class::parse("Rows").is_err()), (Ok(Class::Rows), true));
    }
}
