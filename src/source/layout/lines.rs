//! Scripts line by line: several tools keep both directions in one file, and parse only its lines.

/// A line of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    /// The offset of its first byte in the script.
    pub start: usize,
    /// The text without its line end.
    pub text: &'a str,
}

pub fn lines(script: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    script.split_inclusive('\n').enumerate().map(move |(at, line)| {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let line = Line { number: at + 1, start, text: text.strip_suffix('\r').unwrap_or(text) };
        start += text.len() + 1;
        line
    })
}

/// The script from a byte on, with the text before it blanked out: lines and columns stay the same.
pub fn from(script: &str, start: usize) -> String {
    let blank = |c: char| if matches!(c, '\n' | '\r') { c } else { ' ' };
    script[..start].chars().map(blank).chain(script[start..].chars()).collect()
}

/// A comment line of the same length with a `;` before it: for tools that end a statement at a line.
pub fn behind_semicolon(line: &str) -> String {
    let length = line.chars().count().saturating_sub(3);
    format!(";--{}", line.trim_start_matches('-').chars().take(length).collect::<String>())
}

/// True if the statement before a byte lacks its `;`.
pub fn lacks_semicolon(script: &str) -> bool {
    let code = script.lines().rev().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("--"));
    code.is_some_and(|line| !line.split("--").next().unwrap_or_default().trim_end().ends_with(';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_keeps_its_lines() {
        let script = "ä SELECT 1;\r\n-- back\nDROP TABLE t;\n";
        let at = script.find("-- back").unwrap();
        assert_eq!(from(script, at), "           \r\n-- back\nDROP TABLE t;\n");
        let numbers: Vec<_> = lines(script).map(|line| (line.number, line.text)).collect();
        assert_eq!(numbers, [(1, "ä SELECT 1;"), (2, "-- back"), (3, "DROP TABLE t;")]);
        assert!(lines(script).all(|line| script[line.start..].starts_with(line.text)));
    }

    #[test]
    fn a_semicolon_that_is_missing_is_seen_behind_comments() {
        for (script, lacks) in [
            ("SELECT 1\n", true),
            ("SELECT 1;\n", false),
            ("SELECT 1; -- ends\n-- more\n\n", false),
            ("SELECT 1 -- ends;\n", true),
            ("-- nothing\n", false),
            ("", false),
        ] {
            assert_eq!(lacks_semicolon(script), lacks, "{script:?}");
        }
        assert_eq!(behind_semicolon("-- +goose StatementEnd").len(), "-- +goose StatementEnd".len());
    }
}
