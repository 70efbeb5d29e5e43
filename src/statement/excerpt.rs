//! The line of a script that an error points at, as a compiler shows it.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::facts::Statement;
use crate::chain::scan;
use crate::sql::place;
use crate::sql::redact::blotted;

/// The line of the file in which a statement fails. The mark is below the word that begins `within` bytes into the statement;
/// without `within`, below the part of the statement in its first line. Literals that may be secrets are redacted, comments
/// omitted.
pub fn excerpt(file: &str, text: &str, statement: &Statement, within: Option<usize>) -> String {
    let sql = &text[statement.range.clone()];
    // Redaction keeps the position of every character, but not of every byte.
    let characters = within.map(|within| sql[..sql.floor_char_boundary(within.min(sql.len()))].chars().count());
    let sql = blotted(sql, statement.secrecy);
    let mark = match characters {
        Some(characters) => {
            let from = place::char_offset_to_byte(&sql, characters + 1);
            from..from + scan::scan(&sql[from..]).next().map_or(0, |piece| piece.range.len())
        }
        None => 0..sql.len(),
    };
    let start = text[..statement.range.start].rfind('\n').map_or(0, |line| line + 1);
    // Other statements on the same lines are not shown: they may contain secrets of their own.
    let before = text[start..statement.range.start].trim_start_matches('\u{feff}');
    let before: String = before.chars().map(|c| if c == '\t' { c } else { ' ' }).collect();
    let end = if text[statement.range.end..].starts_with(';') { ";" } else { "" };
    let text = [&before, sql.as_str(), end].concat();
    let mark = before.len() + mark.start..before.len() + mark.end;
    let start = text[..mark.start].rfind('\n').map_or(0, |line| line + 1);
    let line = text[start..].lines().next().unwrap_or_default().trim_end();
    let mark = (mark.start - start).min(line.len())..(mark.end - start).min(line.len());
    let number = statement.line + text[..start].matches('\n').count();
    let line = Snippet::source(line).path(file).line_start(number).annotation(AnnotationKind::Primary.span(mark));
    Renderer::plain().render(&[Group::with_level(Level::ERROR).element(line)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::directive::Directives;

    fn of(text: &str, statement: usize, within: Option<usize>) -> String {
        let script = crate::statement::read(text, &Directives::default()).unwrap();
        excerpt("a.sql", text, &script.statements[statement], within)
    }

    #[test]
    fn the_word_is_marked_in_its_line() {
        let text = "SELECT 1;\n\n  ALTER TABLE t\n\tADD é /* ö */ int; SELECT 2";
        let told = of(text, 1, text.find('é').map(|at| at - text.find("ALTER").unwrap()));
        assert_eq!(told, " --> a.sql:4:6\n  |\n4 |     ADD é         int;\n  |         ^");
        assert_eq!(of(text, 1, None), " --> a.sql:3:3\n  |\n3 |   ALTER TABLE t\n  |   ^^^^^^^^^^^^^");
        assert_eq!(of("\u{feff}SELECT 1", 0, None), " --> a.sql:1:1\n  |\n1 | SELECT 1\n  | ^^^^^^^^");
    }

    #[test]
    fn no_secret_is_shown_and_the_mark_keeps_its_place() {
        let text = "ALTER ROLE r PASSWORD 'hunter2' VALID UNTIL 'x'";
        let told = of(text, 0, text.find("VALID"));
        assert!(told.contains("PASSWORD '·······' VALID UNTIL '·'") && told.ends_with("^^^^^"), "{told}");
        let beside = of(&format!("{text}; SELECT 1 / 0; {text}"), 1, None);
        assert!(beside.ends_with("^^^^^^^^^^^^") && !beside.contains("hunter2"), "{beside}");
        assert_eq!(told.lines().last().map(|line| line.find('^').unwrap() - 4), text.find("VALID"), "{told}");
    }
}
