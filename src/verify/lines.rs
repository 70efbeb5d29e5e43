//! The lines of a snapshot's file: a fact of the database is looked up in them word for word, so neither side is kept in memory
//! as objects.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::{Snapshot, VerifyError};
use crate::object::Fact;

/// Precedes the facts, each of which is on a line of its own.
const BEGIN: &str = "\"facts\":[\n";
const END: &str = "]}";

/// The number of facts above which reading takes longer than opening a second connection.
const LARGE: usize = 10_000;

/// The file of a snapshot. Its facts are parsed only where the database differs.
#[derive(Debug)]
pub struct Lines {
    text: String,
    /// The offset of the first fact.
    begin: usize,
    /// The lines of facts, sorted by their text; empty if the file has another form.
    facts: Vec<Range<usize>>,
    /// The snapshot without its facts.
    pub head: Snapshot,
}

impl Lines {
    /// None if the file is missing.
    ///
    /// # Errors
    /// The file cannot be read, or a newer version wrote it.
    pub fn find(path: &Path) -> Result<Option<Self>, VerifyError> {
        let Some(bytes) = Snapshot::bytes(path)? else { return Ok(None) };
        let read = || Self::of(String::from_utf8(bytes).map_err(|error| error.to_string())?);
        read().map(Some).map_err(|why| VerifyError::Shape { path: path.to_owned(), why })
    }

    /// Parses the text of a file.
    ///
    /// # Errors
    /// The reason why it is not a snapshot.
    pub fn of(text: String) -> Result<Self, String> {
        let Some(begin) = text.find(BEGIN).map(|at| at + BEGIN.len()) else {
            let head = Snapshot { facts: Vec::new(), ..Snapshot::parse(text.as_bytes())? };
            return Ok(Self { begin: 0, facts: Vec::new(), head, text });
        };
        let head = Snapshot::parse(format!("{}{END}", &text[..begin]).as_bytes())?;
        let mut facts = Vec::new();
        let mut at = begin;
        for line in text[begin..].split_inclusive('\n') {
            let said = line.trim_end().trim_end_matches(',');
            if !said.is_empty() && said != END {
                facts.push(at..at + said.len());
            }
            at += line.len();
        }
        facts.shrink_to_fit();
        facts.sort_unstable_by(|a, b| text[a.clone()].cmp(&text[b.clone()]));
        Ok(Self { text, begin, facts, head })
    }

    /// True if two sessions read the schema faster than one.
    pub fn is_large(&self) -> bool {
        self.facts.len() > LARGE
    }

    fn place(&self, line: &str) -> Option<usize> {
        self.facts.binary_search_by(|range| self.text[range.clone()].cmp(line)).ok()
    }

    /// The snapshot without the facts at these positions.
    fn without(&self, said: &[bool]) -> Result<Snapshot, String> {
        if self.begin == 0 {
            return Snapshot::parse(self.text.as_bytes());
        }
        let left = self.facts.iter().zip(said).filter(|(_, is_said)| !**is_said);
        let left: Vec<&str> = left.map(|(range, _)| &self.text[range.clone()]).collect();
        Snapshot::parse(format!("{}{}{END}", &self.text[..self.begin], left.join(",\n")).as_bytes())
    }
}

/// Receives the facts of a database, and keeps those that the lines lack.
#[derive(Debug)]
pub(super) struct Sieve<'l> {
    lines: Option<&'l Lines>,
    /// One flag per line: true if the database has the fact.
    said: Vec<bool>,
    /// The number of equal facts by kind.
    pub equal: BTreeMap<&'static str, usize>,
    pub facts: Vec<Fact>,
}

impl<'l> Sieve<'l> {
    /// Without lines all facts are kept.
    pub fn new(lines: Option<&'l Lines>) -> Self {
        let said = vec![false; lines.map_or(0, |lines| lines.facts.len())];
        Self { lines, said, equal: BTreeMap::new(), facts: Vec::new() }
    }

    pub fn take(&mut self, fact: Fact) {
        let fact = match self.lines {
            // Tables are always kept: other facts name them, and there are few.
            Some(lines) if fact.kind.word != "table" => match place(lines, fact) {
                Ok((at, word)) => {
                    self.said[at] = true;
                    *self.equal.entry(word).or_default() += 1;
                    return;
                }
                Err(fact) => fact,
            },
            _ => fact,
        };
        self.facts.push(fact);
    }

    /// The snapshot without the facts that were found word for word.
    pub fn rest(&self) -> Result<Option<Snapshot>, String> {
        self.lines.map(|lines| lines.without(&self.said)).transpose()
    }
}

/// The position of a fact among the lines, also with a server-chosen name; otherwise the fact itself.
fn place(lines: &Lines, mut fact: Fact) -> Result<(usize, &'static str), Fact> {
    // Other kinds have no names that the server chooses.
    let may_be_auto = matches!(fact.kind.word, "constraint" | "index" | "sequence");
    for auto in [false, true].into_iter().take(1 + usize::from(may_be_auto)) {
        fact.auto = auto;
        if let Some(at) = lines.place(&fact.line()) {
            return Ok((at, fact.kind.word));
        }
    }
    fact.auto = false;
    Err(fact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value};

    fn facts(lines: &[&str]) -> Vec<Fact> {
        let fact = |line: &&str| {
            let (identity, set): (String, Map<String, Value>) = serde_json::from_str(line).unwrap();
            Fact::of_line(&identity, set).unwrap()
        };
        lines.iter().map(fact).collect()
    }

    fn text(facts: &[&str]) -> String {
        let head = r#"{"lockgate":1,"chain":"2:ab","head":"0001","server":15,"schemas":["side"],"#;
        format!("{head}\n\"facts\":[\n{}\n]}}\n", facts.join(",\n"))
    }

    fn sifted(file: String, found: &[&str]) -> (Vec<String>, Vec<String>, usize) {
        let lines = Lines::of(file).unwrap();
        assert_eq!((lines.head.head.as_str(), lines.head.schemas.len(), lines.head.facts.len()), ("0001", 1, 0));
        let mut sieve = Sieve::new(Some(&lines));
        facts(found).into_iter().for_each(|fact| sieve.take(fact));
        let names = |facts: &[Fact]| facts.iter().map(Fact::identity).collect::<Vec<_>>();
        (names(&sieve.rest().unwrap().unwrap().facts), names(&sieve.facts), sieve.equal.values().sum())
    }

    #[test]
    fn a_fact_that_both_have_word_for_word_is_counted_and_kept_on_neither_side() {
        let (a, auto, changed) = (
            r#"["column t.a",{"type":"text","not null":"yes"}]"#,
            r#"["constraint t.t_a_key",{"unique":["a"],"auto":true}]"#,
            r#"["column t.b",{"type":"integer"}]"#,
        );
        let found = [
            a,
            r#"["constraint t.t_a_key",{"unique":["a"]}]"#,
            r#"["column t.b",{"type":"text"}]"#,
            r#"["table t",{}]"#,
        ];
        let snapshot = [a, changed, auto, r#"["partitions p",{"runtime":true}]"#, r#"["table t",{}]"#];
        let (rest, left, equal) = sifted(text(&snapshot), &found);
        assert_eq!(
            (rest, left, equal),
            (
                vec!["column t.b".to_owned(), "table t".to_owned()],
                vec!["column t.b".to_owned(), "table t".to_owned()],
                2
            )
        );
    }

    #[test]
    fn a_file_of_another_form_is_taken_apart_as_a_whole() {
        let a = r#"["column t.a",{"type":"text"}]"#;
        let (rest, left, equal) = sifted(text(&[a]).replace('\n', " "), &[a]);
        assert_eq!((rest.len(), left.len(), equal), (1, 1, 0));
    }
}
