//! Reads the directives of a text, each with its subject.

use super::arguments::MARK;
use super::table::{self, Parsed};
use super::{DirectiveError, Directives, PlacedDirective, StatementDirective};
use crate::chain::scan::{self, Kind, Piece};

/// Reads every directive of a script.
///
/// # Errors
/// Every directive of the script that is unknown, malformed or without a statement.
pub fn read(text: &str) -> Result<Directives, Vec<DirectiveError>> {
    if memchr::memmem::find(text.as_bytes(), MARK.as_bytes()).is_none() {
        return Ok(Directives::default());
    }
    let mut reader =
        Reader { text, pieces: scan::scan(text).collect(), found: Directives::default(), errors: Vec::new() };
    reader.read();
    if reader.errors.is_empty() { Ok(reader.found) } else { Err(reader.errors) }
}

/// The position of a directive.
struct Stands {
    is_followed: bool,
    begins_its_line: bool,
    is_set_apart: bool,
}

struct Reader<'a> {
    text: &'a str,
    pieces: Vec<Piece>,
    found: Directives,
    errors: Vec<DirectiveError>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let last_code = self.pieces.iter().rposition(|p| self.is_statement_code(p));
        let first_code = self.pieces.iter().position(|p| self.is_statement_code(p)).unwrap_or(self.pieces.len());
        let (mut line, mut counted) = (1, 0);
        for index in 0..self.pieces.len() {
            let Some(body) = self.body(index) else { continue };
            let (name, argument) = split_name(body);
            let (name, mut argument) = (name.to_owned(), argument.to_owned());
            let offset = self.pieces[index].range.start;
            line += self.text.as_bytes()[counted..offset].iter().filter(|&&b| b == b'\n').count();
            counted = offset;
            if table::find(&name).is_some_and(|directive| directive.goes_on) {
                self.append_continuation(index, &mut argument);
            }
            let stands = Stands {
                is_followed: last_code.is_some_and(|last| last > index),
                begins_its_line: self.begins_its_line(index),
                is_set_apart: self.is_set_apart(index, first_code),
            };
            let outcome =
                table::parse(&name, argument.trim()).and_then(|parsed| self.keep(parsed, &name, offset, line, &stands));
            self.errors.extend(outcome.err().map(|message| DirectiveError { line, message }));
        }
    }

    fn keep(&mut self, parsed: Parsed, name: &str, offset: usize, line: usize, stands: &Stands) -> Result<(), String> {
        match parsed {
            Parsed::Id(_) if self.found.file.id.is_some() => return Err(format!("`{MARK}id` stands once in a file")),
            Parsed::Id(id) => self.found.file.id = Some(id),
            Parsed::After(ids) => self.found.file.after.get_or_insert_default().extend(ids),
            Parsed::Requires(list) => self.found.file.requires.extend(list),
            Parsed::From(_) if self.found.file.from.is_some() => {
                return Err(format!("`{MARK}from` stands once in a file"));
            }
            Parsed::From(source) => self.found.file.from = Some(source),
            Parsed::Trace(_) if self.found.file.trace.is_some() => {
                return Err(format!("`{MARK}trace` stands once in a file"));
            }
            Parsed::Trace(class) => self.found.file.trace = Some(class),
            Parsed::Statement(_) if !stands.is_followed => {
                return Err(format!("`{MARK}{name}` speaks for the statement that follows it, and none follows"));
            }
            Parsed::Statement(_) if !stands.begins_its_line => {
                return Err(format!("`{MARK}{name}` must stand on a line of its own, above its statement"));
            }
            Parsed::Statement(StatementDirective::RunAsIs) if stands.is_set_apart => self.found.file.run_as_is = true,
            Parsed::Statement(StatementDirective::Ensure { state: None }) if stands.is_set_apart => {
                self.found.file.ensure = true;
            }
            Parsed::Statement(directive) => self.found.statements.push(PlacedDirective { directive, offset, line }),
        }
        Ok(())
    }

    fn is_statement_code(&self, piece: &Piece) -> bool {
        let text = &self.text[piece.range.clone()];
        piece.kind.is_code() && text != ";" && text != "\u{feff}"
    }

    /// The text after `lockgate:`, if the piece is a directive.
    fn body(&self, index: usize) -> Option<&str> {
        let piece = &self.pieces[index];
        let comment = (piece.kind == Kind::LineComment).then(|| &self.text[piece.range.clone()])?;
        comment["--".len()..].trim_start().strip_prefix(MARK)
    }

    fn begins_its_line(&self, index: usize) -> bool {
        let before = &self.text[..self.pieces[index].range.start];
        let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
        line.trim_start_matches('\u{feff}').trim().is_empty()
    }

    /// True if a blank line separates the directive from the first statement below it.
    fn is_set_apart(&self, index: usize, first_code: usize) -> bool {
        index < first_code
            && self.pieces[index..first_code].iter().any(|p| p.kind == Kind::Space && self.line_breaks(p) > 1)
    }

    fn line_breaks(&self, piece: &Piece) -> usize {
        self.text.as_bytes()[piece.range.clone()].iter().filter(|&&b| b == b'\n').count()
    }

    fn append_continuation(&self, index: usize, argument: &mut String) {
        for pair in self.pieces[index + 1..].chunks_exact(2) {
            let (space, comment) = (&pair[0], &self.text[pair[1].range.clone()]);
            let goes_on = space.kind == Kind::Space
                && self.line_breaks(space) == 1
                && pair[1].kind == Kind::LineComment
                && comment[2..].starts_with([' ', '\t'])
                && comment[3..].starts_with([' ', '\t'])
                && !comment[2..].trim_start().starts_with(MARK);
            if !goes_on {
                return;
            }
            argument.push('\n');
            argument.push_str(comment[2..].trim());
        }
    }
}

fn split_name(body: &str) -> (&str, &str) {
    let body = body.trim_end();
    body.split_at(body.find(char::is_whitespace).unwrap_or(body.len()))
}
