//! `.lockgateignore` beside the chain: objects that the chain does not manage, a kind and a pattern per line.

use std::path::Path;

use super::VerifyError;
use crate::files::{self, FileError};
use crate::object::{Fact, KINDS};

/// The file's name.
const FILE: &str = ".lockgateignore";

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// The rules of the file.
#[derive(Clone, Debug, Default)]
pub struct Ignored(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    line: usize,
    /// None means every kind.
    kind: Option<&'static str>,
    /// True for `partitions`: the pattern matches the parent's name.
    of_partitions: bool,
    pattern: String,
}

impl Ignored {
    /// Reads the file beside the chain; a missing file means no rules.
    ///
    /// # Errors
    /// The file cannot be read, or a line is not a rule.
    pub fn read(directory: &Path) -> Result<Self, VerifyError> {
        let path = directory.join(FILE);
        let bytes = match files::plain(&path, LARGEST) {
            Ok(bytes) => bytes,
            Err(FileError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(VerifyError::Unreadable { path, source }),
        };
        Self::parse(&String::from_utf8_lossy(&bytes)).map_err(|(line, why)| VerifyError::Ignore { path, line, why })
    }

    /// Parses its text.
    ///
    /// # Errors
    /// The number of an invalid line, and the reason.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut rules = Vec::new();
        for (at, text) in text.lines().enumerate() {
            let (line, text) = (at + 1, text.trim());
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let of = |word: &str| text.strip_prefix(word)?.strip_prefix(' ').map(str::trim);
            let kind = KINDS.iter().filter_map(|kind| Some((Some(kind.word), of(kind.word)?)));
            let special = ["*", "partitions"].into_iter().filter_map(|word| Some((None, of(word)?)));
            let found = kind.chain(special).min_by_key(|(_, pattern)| pattern.len());
            let Some((kind, pattern)) = found else {
                return Err((
                    line,
                    format!("`{text}` begins with no kind of object: `table app.dba_*`, `index *`, `* dba_*`"),
                ));
            };
            rules.push(Rule {
                line,
                kind,
                of_partitions: text.starts_with("partitions "),
                pattern: pattern.to_owned(),
            });
        }
        Ok(Self(rules))
    }

    /// The line of the rule that ignores this object.
    pub fn rule(&self, fact: &Fact) -> Option<usize> {
        self.0.iter().find(|rule| rule.takes(fact)).map(|rule| rule.line)
    }

    /// True if partitions of this table are ignored.
    pub fn partitions_of(&self, parent: &str) -> bool {
        self.0.iter().any(|rule| rule.of_partitions && is_like(&rule.pattern, parent))
    }
}

impl Rule {
    fn takes(&self, fact: &Fact) -> bool {
        if self.of_partitions {
            return false;
        }
        // The pattern for an index may include its table's name.
        let own = fact.own_name().rsplit('.').next().unwrap_or_default();
        let names = [fact.name.clone(), format!("{}.{own}", fact.holder())];
        let is_kind = self.kind.is_none_or(|kind| kind == fact.kind.word);
        // A rule for a table also covers its parts.
        let along = matches!(self.kind, None | Some("table" | "view")) && fact.holder() != fact.name;
        is_kind && names.iter().any(|name| is_like(&self.pattern, name))
            || along && is_like(&self.pattern, fact.holder())
    }
}

/// `*` matches any text, `?` one character. After a mismatch only the last star is retried, so no pattern takes long.
fn is_like(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match (pattern.get(at), star) {
            (Some('*'), _) => {
                star = Some((at + 1, seen));
                at += 1;
            }
            (Some(letter), _) if *letter == '?' || *letter == name[seen] => {
                at += 1;
                seen += 1;
            }
            (_, Some((behind, from))) => {
                star = Some((behind, from + 1));
                (at, seen) = (behind, from + 1);
            }
            (_, None) => return false,
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fact(identity: &str, set: serde_json::Value) -> Fact {
        Fact::of_line(identity, set.as_object().cloned().unwrap_or_default()).unwrap()
    }

    #[test]
    fn a_rule_takes_its_kind_and_what_hangs_on_a_table() {
        let ignored =
            Ignored::parse("# ours\n\nindex app.*.dba_*\ntable tmp_*\nevent trigger e?\n* scratch.*\n").unwrap();
        for (identity, set, line) in [
            ("index app.dba_x", json!({"on": "app.orders"}), Some(3)),
            ("index app.dba_x", json!({"on": "orders"}), None),
            ("index dba_x", json!({"on": "app.orders"}), Some(3)),
            ("table tmp_1", json!({}), Some(4)),
            ("column tmp_1.a", json!({}), Some(4)),
            ("index i", json!({"on": "tmp_1"}), Some(4)),
            ("view tmp_1", json!({}), None),
            ("event trigger e1", json!({}), Some(5)),
            ("function scratch.f()", json!({}), Some(6)),
        ] {
            assert_eq!(ignored.rule(&fact(identity, set)), line, "{identity}");
        }
        let (line, why) = Ignored::parse("table a\nwidget b").unwrap_err();
        assert!(line == 2 && why.contains("`widget b`"), "{why}");
        assert!(Ignored::parse("partitions app.m*").unwrap().partitions_of("app.metrics"));
    }

    #[test]
    fn a_pattern_takes_what_it_says_and_many_stars_take_no_time() {
        for (pattern, name, is_taken) in [
            ("*", "", true),
            ("", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*b*d", "abcbd", true),
            ("a?c", "abc", true),
            ("a?", "a", false),
            ("?", "é", true),
            ("a*b", "ac", false),
            ("**", "x", true),
        ] {
            assert_eq!(is_like(pattern, name), is_taken, "{pattern} {name}");
        }
        assert!(!is_like(&format!("{}b", "*a".repeat(40)), &"a".repeat(200)));
    }
}
