//! graphile-migrate's settings in `.gmrc`, and the placeholders in its scripts.

use std::collections::BTreeMap;

use super::super::fill::{Found, Value};
use super::super::tree::{Content, Tree};
use crate::source::{Around, Problem};

/// The placeholders of a directory by name, with their values or the reason why there is none.
pub struct Placeholders {
    values: BTreeMap<String, Result<Value, String>>,
    /// The name of a settings file that is code: it may define any placeholder.
    code: Option<&'static str>,
}

/// The folders in which the settings may lie, for `migrations` and for `committed` within it.
const FOLDERS: [&str; 3] = [".", "..", "../.."];

impl Placeholders {
    pub fn of(tree: &Tree, problems: &mut Vec<Problem>) -> Self {
        let mut all = Self { values: BTreeMap::new(), code: None };
        let around = tree.around();
        let known = |value: Option<&str>| {
            value
                .map(Value::known)
                .ok_or_else(|| "it is not known without a database: LOCKGATE_DATABASE_URL".to_owned())
        };
        all.values.insert(":DATABASE_NAME".to_owned(), known(around.database()));
        all.values.insert(":DATABASE_OWNER".to_owned(), known(around.user()));
        for folder in FOLDERS {
            if let Some(content) = tree.settings(folder, ".gmrc", problems) {
                all.take(&content, around, problems);
                return all;
            }
            let is_there = |file: &&&'static str| tree.has(&format!("{folder}/{file}"));
            if let Some(file) = [".gmrc.js", ".gmrc.cjs"].iter().find(is_there) {
                all.code = Some(*file);
                return all;
            }
        }
        all
    }

    fn take(&mut self, content: &Content, around: &Around, problems: &mut Vec<Problem>) {
        let settings: serde_json::Value = match serde_json::from_str(&plain_json(&content.text)) {
            Ok(settings) => settings,
            Err(error) => {
                let message = format!("it cannot be read as JSON with comments: {error}");
                problems.push(Problem::Line { file: content.file.clone(), line: error.line().max(1), message });
                return;
            }
        };
        if let Some(owner) = settings.get("databaseOwner").and_then(serde_json::Value::as_str) {
            self.values.insert(":DATABASE_OWNER".to_owned(), Ok(Value::known(owner)));
        }
        let placeholders = settings.get("placeholders").and_then(serde_json::Value::as_object);
        for (name, value) in placeholders.into_iter().flatten() {
            let value = match value.as_str() {
                Some("!ENV") => {
                    let variable = name.trim_start_matches(':');
                    let value = around.variable(variable).filter(|value| !value.is_empty()).map(Value::given);
                    value.ok_or_else(|| {
                        format!("{variable} is not set in the environment, and graphile-migrate refuses it too")
                    })
                }
                Some(text) => Ok(Value::given(text)),
                None => Err("its value in .gmrc is no text, and graphile-migrate refuses it too".to_owned()),
            };
            self.values.insert(name.clone(), value);
        }
    }

    /// The placeholders of a script in order, from the end of its header on.
    pub fn found(&self, content: &Content, header: usize) -> Vec<Found> {
        let text = content.text.as_str();
        let mut found = Vec::new();
        for at in memchr::memchr_iter(b':', &text.as_bytes()[header..]).map(|at| header + at) {
            let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            let end = at + 1 + text[at + 1..].find(word).unwrap_or(text.len() - at - 1);
            let name = &text[at..end];
            match (self.values.get(name), self.code) {
                (Some(Ok(value)), _) => found.push((at..end, Ok(value.clone()))),
                (Some(Err(why)), _) => found.push((at..end, Err(format!("{name} has no value: {why}")))),
                (None, Some(code)) if is_placeholder(name) && !text[..at].ends_with(':') => {
                    let why = format!("{name} may have a value in {code}, which is code: write the settings as .gmrc");
                    found.push((at..end, Err(why)));
                }
                (None, _) => {}
            }
        }
        found
    }
}

fn is_placeholder(name: &str) -> bool {
    name.len() > 2
        && name[1..].starts_with(|c: char| c.is_ascii_uppercase())
        && name[1..].bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// JSON without its comments and without commas before a closing bracket; lines stay the same.
fn plain_json(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '"' => string(rest),
            '/' if rest.starts_with("//") => {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '/' if rest.starts_with("/*") => {
                let end = rest.find("*/").map_or(rest.len(), |at| at + 2);
                out.extend(rest[..end].chars().filter(|c| *c == '\n'));
                rest = &rest[end..];
                continue;
            }
            '}' | ']' => {
                if let Some(comma) = out.trim_end().strip_suffix(',').map(str::len) {
                    out.replace_range(comma..=comma, " ");
                }
                1
            }
            _ => first.len_utf8(),
        };
        out += &rest[..taken];
        rest = &rest[taken..];
    }
    out
}

/// The length of the quoted text at the beginning.
fn string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_last_commas_are_no_hindrance() {
        let text = "/* a\n\"b\" */ {\n // \"c\": 1,\n \"d\": \"// \\\" , }\", \"e\": [1, 2,\n ],\n}\n";
        let plain = plain_json(text);
        assert_eq!(plain.matches('\n').count(), text.matches('\n').count());
        let value: serde_json::Value = serde_json::from_str(&plain).unwrap();
        assert_eq!(value, serde_json::json!({"d": "// \" , }", "e": [1, 2]}));
    }
}
