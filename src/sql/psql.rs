//! The parts of scripts that are not SQL: a BOM, psql's commands, the data of a COPY. They are replaced by blanks, so every byte
//! keeps its position, and commands that a gate cannot execute are refused.

use std::borrow::Cow;
use std::ops::Range;

use super::problem::Problem;
use crate::chain::scan::{self, Kind, Piece};

/// A script that the parser can read.
pub(crate) struct Masked<'a> {
    /// The SQL, with the length in bytes of the file's text; the text itself if nothing was replaced.
    pub sql: Cow<'a, str>,
    pub problems: Vec<Problem>,
    /// The data of each COPY FROM STDIN: the start of its statement, and the range of the rows.
    pub data: Vec<(usize, Range<usize>)>,
}

pub(crate) fn mask(text: &str) -> Masked<'_> {
    let mut masker = Masker {
        text,
        blank: Vec::new(),
        ends: Vec::new(),
        problems: Vec::new(),
        data: Vec::new(),
        statement: State::default(),
    };
    if text.starts_with('\u{feff}') {
        masker.blank.push(0..'\u{feff}'.len_utf8());
    }
    let nul = memchr::memchr(0, text.as_bytes());
    if let Some(nul) = nul {
        masker.problems.push(Problem::new(nul, "a NUL byte", "remove it; PostgreSQL takes none, in no place"));
    }
    masker.scan();
    let Masker { blank, ends, problems, data, .. } = masker;
    if blank.is_empty() && ends.is_empty() && nul.is_none() {
        return Masked { sql: Cow::Borrowed(text), problems, data };
    }
    let mut bytes = text.as_bytes().to_vec();
    for range in &blank {
        bytes[range.clone()].iter_mut().filter(|b| !matches!(**b, b'\n' | b'\r')).for_each(|b| *b = b' ');
    }
    ends.iter().for_each(|&at| bytes[at] = b';');
    bytes.iter_mut().filter(|b| **b == 0).for_each(|b| *b = b' ');
    // The ranges begin and end at character boundaries, so whole characters were replaced.
    let sql = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Masked { sql: Cow::Owned(sql), problems, data }
}

/// The current statement, as far as it matters here.
#[derive(Default)]
struct State {
    start: Option<usize>,
    is_copy: bool,
    depth: usize,
    after_from: bool,
    from_stdin: bool,
}

struct Masker<'a> {
    text: &'a str,
    blank: Vec<Range<usize>>,
    /// The positions at which psql ends a statement without a `;`.
    ends: Vec<usize>,
    problems: Vec<Problem>,
    data: Vec<(usize, Range<usize>)>,
    statement: State,
}

impl Masker<'_> {
    fn scan(&mut self) {
        let mut pieces = scan::scan(self.text);
        if let Some(bom) = self.blank.first() {
            pieces.jump(bom.end);
        }
        while let Some(piece) = pieces.next() {
            if !piece.kind.is_code() {
                continue;
            }
            match &self.text[piece.range.clone()] {
                "\\" => pieces.jump(self.psql_command(piece.range.start)),
                ";" => {
                    if let Some(end) = self.end_statement(piece.range.end) {
                        pieces.jump(end);
                    }
                }
                word => self.follow(&piece, word),
            }
        }
        self.end_statement(self.text.len());
    }

    fn follow(&mut self, piece: &Piece, word: &str) {
        let statement = &mut self.statement;
        let is = |keyword: &str| piece.kind == Kind::Word && word.eq_ignore_ascii_case(keyword);
        if statement.start.is_none() {
            statement.start = Some(piece.range.start);
            statement.is_copy = is("copy");
        }
        match word {
            "(" => statement.depth += 1,
            ")" => statement.depth = statement.depth.saturating_sub(1),
            _ => statement.from_stdin |= statement.is_copy && statement.after_from && is("stdin"),
        }
        statement.after_from = statement.depth == 0 && is("from");
    }

    /// Ends the statement before `after`; for a COPY FROM STDIN, returns the end of its data.
    fn end_statement(&mut self, after: usize) -> Option<usize> {
        let statement = std::mem::take(&mut self.statement);
        let start = statement.start.filter(|_| statement.from_stdin)?;
        let end = end_of_data(self.text, after);
        self.data.push((start, after..end));
        self.blank.push(after..end);
        Some(end)
    }

    /// Blanks out a psql command up to the end of its line, and returns that end.
    fn psql_command(&mut self, start: usize) -> usize {
        let end = memchr::memchr(b'\n', &self.text.as_bytes()[start..]).map_or(self.text.len(), |at| start + at);
        // Other characters are not part of the command's name: if a quote is missing, they may be a secret.
        let is_of_name = |c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?');
        let command = self.text[start + 1..end].split(|c| !is_of_name(c)).next().unwrap_or_default();
        let known = matches!(command, "restrict" | "unrestrict") && self.statement.start.is_none();
        if !known {
            self.problems.push(Problem::new(
                start,
                format!("\\{command} is a command of psql, not SQL"),
                psql_hint(command),
            ));
        }
        if matches!(command, "g" | "gx" | "gexec" | "gset" | "gdesc" | "crosstabview") {
            self.ends.push(start);
            self.statement = State::default();
        }
        self.blank.push(start..end);
        end
    }
}

/// The end of the line `\.`, or `after` without such a line: then there is no data.
fn end_of_data(text: &str, after: usize) -> usize {
    let mut at = after;
    for line in text[after..].split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "\\." {
            return at;
        }
    }
    after
}

fn psql_hint(command: &str) -> &'static str {
    match command {
        "i" | "ir" | "include" | "include_relative" => {
            "put the file's statements here, or make it a revision of its own"
        }
        "copy" => "write INSERT … VALUES, or COPY from a file on the server",
        "set" | "unset" | "gset" | "prompt" => "write the value itself: scripts have no variables",
        "c" | "connect" => "leave it out: a chain has one database, that of LOCKGATE_DATABASE_URL",
        "if" | "elif" | "else" | "endif" => "decide in SQL, in a DO block, or with `-- lockgate:unless SELECT …`",
        "g" | "gexec" | "gx" => "end the statement with `;`; to run SQL that a query makes, use EXECUTE in a DO block",
        "." => "leave it out: no COPY data stands above it",
        _ => "leave it out: a gate sends the script to the server without psql",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_keeps_its_place() {
        let text = "\u{feff}\\restrict aé'b\nSELECT '\\x';\nCOPY t (a) FROM stdin WITH (FORMAT text);\n1\tit's\n\\.\nSELECT 2;\n\\i x.sql\n";
        let masked = mask(text);
        assert_eq!(masked.sql.len(), text.len());
        assert_eq!(masked.sql.find("SELECT '\\x'"), text.find("SELECT '\\x'"));
        assert_eq!(masked.sql.find("SELECT 2"), text.find("SELECT 2"));
        let copy = ["COPY", "t", "(a)", "FROM", "stdin", "WITH", "(FORMAT", "text);"];
        let kept = [&["SELECT", "'\\x';"][..], &copy, &["SELECT", "2;"]].concat();
        assert_eq!(masked.sql.split_whitespace().collect::<Vec<_>>(), kept);
        let offsets: Vec<_> = masked.problems.iter().map(|p| &text[p.offset..p.offset + 2]).collect();
        assert_eq!(offsets, ["\\i"]);
        let [(start, data)] = masked.data.as_slice() else { panic!("one COPY") };
        assert_eq!((&text[*start..start + 4], &text[data.clone()]), ("COPY", "\n1\tit's\n\\.\n"));
    }

    #[test]
    fn a_command_that_ends_a_statement_causes_no_error_after_it() {
        let masked = mask("SELECT 1 \\gexec 'it\nSELECT 2");
        assert_eq!((&*masked.sql, masked.problems.len()), ("SELECT 1 ;         \nSELECT 2", 1));
    }

    #[test]
    fn what_only_looks_like_copy_data_stays() {
        for text in
            ["COPY (SELECT * FROM stdin) TO '/x'", "COPY t FROM 'stdin'", "SELECT * FROM stdin", "COPY t FROM '/x'"]
        {
            let masked = mask(text);
            assert_eq!((&*masked.sql, masked.problems.len()), (text, 0));
        }
    }
}
