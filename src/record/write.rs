//! Recorded revisions as files of lockgate's own. Pure.

use std::collections::BTreeSet;
use std::path::Path;

use super::cut::Step;
use crate::chain::compiled::{Class, Expectation, Source};
use crate::source::file_words;

/// The header of a revision's file.
#[derive(Clone, Copy)]
pub struct Header<'a> {
    pub id: &'a str,
    pub after: &'a [String],
    pub from: Option<&'a Source>,
    /// None in a rehearsal of a revision that sends nothing on a fresh database.
    pub class: Option<Class>,
    /// True if the two recordings differ, and the first is valid for every database.
    pub is_accepted: bool,
}

const ACCEPTED: &str = "-- Two recordings were not the same. The values of the first are everybody's.\n";

/// The file of a revision.
pub fn text(header: &Header<'_>, steps: &[Step]) -> String {
    let mut text = String::new();
    let mut line = |words: String| text.push_str(&format!("-- lockgate:{words}\n"));
    if !is_plain(header.id) {
        line(format!("id {}", header.id));
    }
    let after = if header.after.is_empty() { "base".to_owned() } else { header.after.join(", ") };
    line(format!("after {after}"));
    if let Some(from) = header.from {
        line(format!("from {} sha256:{}", from.path, from.sha256));
    }
    if let Some(class) = header.class {
        line(format!("trace {}", class.word()));
    }
    if header.is_accepted {
        text.push_str(ACCEPTED);
    }
    for step in steps {
        text.push('\n');
        if let Some(told) = step.told.as_ref().filter(|_| header.class.is_some_and(Class::is_whole)) {
            text.push_str(&format!("-- lockgate:expect {}\n", words(told)));
        }
        if step.is_alone {
            text.push_str("-- lockgate:no-transaction\n");
        }
        text.push_str(&format!("{};\n", step.sql));
        if let Some(rows) = &step.rows {
            text.push_str(&format!("{rows}\\.\n"));
        }
    }
    text
}

fn words(told: &Expectation) -> String {
    match told {
        Expectation::Count(count) => format!("count {count}"),
        Expectation::Rows { count, sha256: None } => format!("rows {count}"),
        Expectation::Rows { count, sha256: Some(sha256) } => format!("rows {count} sha256:{sha256}"),
    }
}

/// True if an id can be a file name as it is.
fn is_plain(id: &str) -> bool {
    let is_reserved = matches!(id, "head" | "base") || id.starts_with(['-', '.']);
    !is_reserved && !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
}

/// Unique names for files.
#[derive(Debug, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// `ID_WORDS.sql`. `file` is the program's file, whose name replaces a missing title.
    pub fn of(&mut self, id: &str, title: Option<&str>, file: &str) -> String {
        let stem = Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let words = file_words(title.unwrap_or_default());
        let words = if words.is_empty() { file_words(&stem) } else { words };
        let shown = if is_plain(id) { id.to_owned() } else { file_words(id) };
        let words = words.strip_prefix(&shown.to_ascii_lowercase()).unwrap_or(&words).trim_matches('_');
        let words: String = words.chars().take(LONGEST).collect();
        let base = if words.is_empty() { shown } else { format!("{shown}_{}", words.trim_end_matches('_')) };
        // Another tool would take a file with such an ending for its own.
        let base = base.trim_end_matches(".up").trim_end_matches(".down").to_owned();
        let mut name = format!("{base}.sql");
        let mut number = 2;
        while !self.0.insert(name.to_ascii_lowercase()) {
            name = format!("{base}_{number}.sql");
            number += 1;
        }
        name
    }
}

/// The longest text after an id, in characters.
const LONGEST: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::directive;

    #[test]
    fn a_file_says_what_it_was_compiled_from_and_what_it_expects() {
        let source = Source { path: "versions/a.py".to_owned(), sha256: "0".repeat(64) };
        let step = |sql: &str, told, is_alone, rows: Option<&str>| Step {
            sql: sql.to_owned(),
            tag: String::new(),
            told,
            is_alone,
            rows: rows.map(str::to_owned),
            index: None,
        };
        let steps = [
            step("UPDATE t SET a = 1", Some(Expectation::Count(0)), false, None),
            step("DO $$ x $$", None, true, None),
            step("COPY t FROM STDIN", Some(Expectation::Count(1)), false, Some("1\ta\n")),
        ];
        let after = ["x".to_owned(), "y".to_owned()];
        let header =
            |class| Header { id: "2026_a", after: &after, from: Some(&source), class: Some(class), is_accepted: true };
        let whole = text(&header(Class::Counts), &steps);
        let wanted = format!(
            "-- lockgate:id 2026_a\n-- lockgate:after x, y\n-- lockgate:from versions/a.py sha256:{}\n-- lockgate:trace counts\n{ACCEPTED}\n\
             -- lockgate:expect count 0\nUPDATE t SET a = 1;\n\n-- lockgate:no-transaction\nDO $$ x $$;\n\n\
             -- lockgate:expect count 1\nCOPY t FROM STDIN;\n1\ta\n\\.\n",
            "0".repeat(64)
        );
        assert_eq!(whole, wanted);
        let read = directive::read(&whole).unwrap();
        assert_eq!(
            (read.file.from, read.file.trace, read.statements.len()),
            (Some(source.clone()), Some(Class::Counts), 3)
        );
        assert!(!text(&header(Class::Blind), &steps).contains("expect"));
        let none = Header { id: "a1", after: &[], from: None, class: None, is_accepted: false };
        assert_eq!(text(&none, &[]), "-- lockgate:after base\n");
    }

    #[test]
    fn every_file_has_a_name_of_its_own() {
        let mut names = Names::default();
        for (id, title, file, wanted) in [
            ("9c1e", Some("Add e-mail (unique)"), "9c1e_x.py", "9c1e_add_e_mail_unique.sql"),
            ("0009_agent_owner", None, "0009_agent_owner.py", "0009_agent_owner.sql"),
            ("0009_agent", Some("agent owner"), "x.py", "0009_agent_agent_owner.sql"),
            ("kilo", None, "kilo.py", "kilo.sql"),
            ("KILO", None, "kilo.py", "KILO_2.sql"),
            ("ecb6985693c0_", Some(""), "a b.py", "ecb6985693c0_a_b.sql"),
        ] {
            assert_eq!(names.of(id, title, file), wanted);
        }
    }
}
