//! `-- +goose ENVSUB ON`: variables of the environment in a line, by the rules of the library that goose uses: `$NAME`, `${NAME}`,
//! `${NAME:-else}`, `${NAME-else}`, `${NAME?message}`, `${NAME:offset:length}`, with `$$` and `\$` for a dollar sign.

use std::ops::Range;

use super::super::fill::Value;
use crate::source::Around;

/// A replaced part of a line, and its value.
pub type Part = (Range<usize>, Value);

/// The parts of a line that goose replaces.
///
/// # Errors
/// The reason why goose refuses the line.
pub fn parts(line: &str, around: &Around) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    Reader { line, at: 0, around }.expression(false, &mut |range, value| parts.push((range, value)))?;
    Ok(parts)
}

struct Reader<'a> {
    line: &'a str,
    at: usize,
    around: &'a Around,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Reads to the end, or to a `}` if it is within braces; passes on what differs from the line.
    fn expression(&mut self, is_within: bool, replaced: &mut dyn FnMut(Range<usize>, Value)) -> Result<(), String> {
        while let Some(first) = self.rest().chars().next() {
            let (start, rest) = (self.at, self.rest());
            if is_within && first == '}' {
                break;
            }
            match first {
                '\\' if rest.starts_with("\\\\") => self.at += 2,
                '$' | '\\' if rest.starts_with("\\$") || rest.starts_with("$$") => {
                    self.at += 2;
                    replaced(start..self.at, Value::known("$"));
                }
                '$' if rest.starts_with("$(") => self.at += 2,
                '$' if rest.len() > 1 => {
                    self.at += 1;
                    let value = self.expansion()?;
                    replaced(start..self.at, Value::given(value));
                }
                _ => self.at += first.len_utf8(),
            }
        }
        Ok(())
    }

    /// The value of the expression within braces.
    fn within(&mut self) -> Result<String, String> {
        let (line, mut out, mut done) = (self.line, String::new(), self.at);
        self.expression(true, &mut |range, value| {
            out += &line[done..range.start];
            out += &value.text;
            done = range.end;
        })?;
        Ok(out + &line[done..self.at])
    }

    fn expansion(&mut self) -> Result<String, String> {
        if !self.rest().starts_with('{') {
            let name = self.identifier()?;
            return Ok(self.variable(name).unwrap_or_default().to_owned());
        }
        self.at += 1;
        let name = self.identifier()?;
        let value = match self.next() {
            Some('}') => return Ok(self.variable(name).unwrap_or_default().to_owned()),
            Some(':') if self.rest().starts_with('-') => {
                self.at += 1;
                let other = self.within()?;
                self.variable(name).filter(|value| !value.is_empty()).map_or(other, str::to_owned)
            }
            Some('-') => {
                let other = self.within()?;
                self.variable(name).map_or(other, str::to_owned)
            }
            Some('?') => {
                let message = self.within()?;
                let message = if message.is_empty() { "not set" } else { &message };
                self.variable(name).map(str::to_owned).ok_or_else(|| format!("${name}: {message}"))?
            }
            Some(':') => self.part_of(name)?,
            Some(_) | None => return Err(format!("${{{name} is followed by no operator that goose knows")),
        };
        if self.next() == Some('}') { Ok(value) } else { Err(format!("${{{name} does not end in `}}`")) }
    }

    /// `OFFSET` or `OFFSET:LENGTH` in bytes, where a negative number counts from the end.
    fn part_of(&mut self, name: &str) -> Result<String, String> {
        let value = self.variable(name).unwrap_or_default();
        let text = self.rest().split('}').next().unwrap_or_default();
        self.at += text.len();
        let number = |text: &str| {
            text.trim().parse::<isize>().map_err(|_| format!("${{{name}:{text} has to be a number of bytes"))
        };
        let (offset, length) = match text.split_once(':') {
            Some((offset, length)) => (number(offset)?, Some(number(length)?)),
            None => (number(text)?, None),
        };
        let length_of_all = isize::try_from(value.len()).unwrap_or(isize::MAX);
        let from = if offset < 0 { offset + length_of_all } else { offset }.clamp(0, length_of_all);
        let to = match length {
            None => length_of_all,
            Some(length) if length < 0 => (length + length_of_all).max(from),
            Some(length) => from.saturating_add(length).min(length_of_all),
        };
        let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
        value.get(range).map(str::to_owned).ok_or_else(|| format!("${{{name}:{text}}} cuts a character in two"))
    }

    fn identifier(&mut self) -> Result<&'a str, String> {
        let rest = self.rest();
        if !rest.starts_with(char::is_alphabetic) {
            let found = rest.chars().next().map_or("nothing".to_owned(), |found| format!("`{found}`"));
            return Err(format!("a name has to begin with a letter, and {found} is behind `$`"));
        }
        let end = rest.find(|c: char| !c.is_alphabetic() && !c.is_numeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        Ok(&rest[..end])
    }

    fn variable(&self, name: &str) -> Option<&'a str> {
        self.around.variable(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(line: &str) -> Result<String, String> {
        let variables = [("A", "value"), ("EMPTY", ""), ("B_1", "ä")];
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let around = Around::given(owned.into(), None);
        let (mut out, mut done) = (String::new(), 0);
        for (range, value) in parts(line, &around)? {
            out += &line[done..range.start];
            out += &value.text;
            done = range.end;
        }
        Ok(out + &line[done..])
    }

    /// The results are those of goose 3.26.
    #[test]
    fn a_line_is_filled_as_goose_fills_it() {
        for (line, becomes) in [
            ("${A}|$A|${NO:-else}|${A:1:2}|$NO|${A:-x}|$(x)|\\$A|$", "value|value|else|al||value|$(x)|$A|$"),
            ("'$A' $$ x $$ \\\\$A", "'value' $ x $ \\\\value"),
            ("${EMPTY:-a}${EMPTY-b}${NO-c}", "ac"),
            ("${NO:-${A}-$B_1}", "value-ä"),
            ("${A:-2}${A:0:-3}${A:9}${A: 1 : 1 }", "valuevaa"),
            ("${A?needed}", "value"),
            ("no dollar \\ at all", "no dollar \\ at all"),
        ] {
            assert_eq!(filled(line).as_deref(), Ok(becomes), "{line}");
        }
    }

    #[test]
    fn a_line_that_goose_refuses_is_refused() {
        for (line, says) in [
            ("$1", "begin with a letter, and `1`"),
            ("AS $ x", "begin with a letter, and ` `"),
            ("${NO?must be}", "$NO: must be"),
            ("${NO?}", "$NO: not set"),
            ("${A", "followed by no operator"),
            ("${A:-x", "does not end"),
            ("${A:x}", "a number of bytes"),
            ("${A+x}", "followed by no operator"),
            ("${B_1:1}", "cuts a character"),
        ] {
            let error = filled(line).expect_err(line);
            assert!(error.contains(says), "{line}: {error}");
        }
    }
}
