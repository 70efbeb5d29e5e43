//! A large script that is to be run, without most of its rows: they stay in its file until they are sent.
//!
//! The script is cut behind semicolons and read a section at a time. Each semicolon outside of quotes therefore has to end a statement,
//! and no statement may depend on another one: a script with its own transactions is read as a whole.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::facts::Statement;
use super::kind::TransactionUse;
use super::outline::hides_semicolons;
use super::script::{Script, read_together};
use crate::chain::directive::Directives;
use crate::chain::scan::{Kind, Parts};
use crate::chain::text::{Away, Changed};
use crate::sql::place::{Place, locate};

/// The bytes that are read at once, at least.
const SECTION: usize = 256 << 10;

/// The bytes that are kept of a statement whose rows stay in the file, at least: more than is ever shown of it.
const KEPT: usize = 256;

/// The text of a script, each kept word at its line and column.
#[derive(Debug)]
pub struct Abridged {
    text: String,
    /// In the order of the text.
    left: Vec<Left>,
    away: Arc<dyn Away>,
}

/// A statement that is not kept as a whole.
#[derive(Debug)]
struct Left {
    /// Its first byte in the kept text.
    at: usize,
    /// Its bytes in the file.
    file: Range<usize>,
}

impl Abridged {
    /// A text of definitions alone: no statement is left.
    pub fn definitions(text: String, away: &Arc<dyn Away>) -> Self {
        Self { text, left: Vec::new(), away: Arc::clone(away) }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of a statement in the file, if it is not kept as a whole.
    pub fn left(&self, statement: &Statement) -> Option<&Range<usize>> {
        let at = self.left.binary_search_by_key(&statement.range.start, |left| left.at).ok()?;
        Some(&self.left[at].file)
    }

    /// A part of the file.
    ///
    /// # Errors
    /// The file has changed there.
    pub fn read(&self, file: &Range<usize>) -> Result<String, Changed> {
        self.away.part(file.clone())
    }

    /// A complete statement, and the text around it: `text`, or if it is not kept there, one of its own.
    ///
    /// # Errors
    /// The file has changed there.
    pub fn whole<'a>(
        abridged: Option<&Self>,
        (statement, text): (&'a Statement, &'a str),
    ) -> Result<(Cow<'a, Statement>, Cow<'a, str>), Changed> {
        Ok(match abridged.map_or(Ok(None), |abridged| abridged.restored(statement))? {
            Some((statement, text)) => (Cow::Owned(statement), Cow::Owned(text)),
            None => (Cow::Borrowed(statement), Cow::Borrowed(text)),
        })
    }

    /// A text with nothing but this statement, complete and at its line and column; none if it is kept as a whole.
    fn restored(&self, statement: &Statement) -> Result<Option<(Statement, String)>, Changed> {
        let Some(file) = self.left(statement) else { return Ok(None) };
        let mut text = String::new();
        move_to(&mut text, Place { line: 1, column: 1 }, place_of(statement));
        let start = text.len();
        text.push_str(&self.read(file)?);
        Ok(Some((Statement { range: start..text.len(), ..statement.clone() }, text)))
    }
}

/// The statements of a script, as [`read_together`] reads them, and their text; none if the whole script has to be read.
///
/// # Errors
/// The file changed since it was first read.
pub fn abridged(away: &Arc<dyn Away>) -> Result<Option<(Script, Abridged)>, Changed> {
    abridged_by(SECTION, away)
}

fn abridged_by(least: usize, away: &Arc<dyn Away>) -> Result<Option<(Script, Abridged)>, Changed> {
    let (mut parts, mut reader) = (Parts::default(), Reader::of(least));
    away.pass(&mut |part| parts.take(part, |kind, piece| reader.take(kind, piece)))?;
    parts.end(|kind, piece| reader.take(kind, piece));
    reader.end_section();
    let Reader { script, text, left, is_impossible, .. } = reader;
    Ok((!is_impossible).then(|| (script, Abridged { text, left, away: Arc::clone(away) })))
}

struct Reader {
    script: Script,
    text: String,
    left: Vec<Left>,
    /// The place of the text's end.
    end: Place,
    /// The bytes of a section, at least.
    least: usize,
    section: String,
    /// The beginning of the section in the file.
    start: usize,
    /// The place of that beginning.
    place: Place,
    is_impossible: bool,
}

impl Reader {
    fn of(least: usize) -> Self {
        let first = Place { line: 1, column: 1 };
        Self {
            script: Script::default(),
            text: String::new(),
            left: Vec::new(),
            end: first,
            least,
            section: String::new(),
            start: 0,
            place: first,
            is_impossible: false,
        }
    }

    fn take(&mut self, kind: Kind, piece: &str) {
        self.is_impossible |= hides_semicolons(kind, piece);
        if self.is_impossible {
            return;
        }
        self.section.push_str(piece);
        if self.section.len() >= self.least && kind == Kind::Symbol && piece == ";" {
            self.end_section();
        }
    }

    fn end_section(&mut self) {
        let section = std::mem::take(&mut self.section);
        let read = read_together(&section, &Directives::default());
        let Some(script) = read.ok().filter(|_| !self.is_impossible).filter(is_independent) else {
            self.is_impossible = true;
            return;
        };
        script.statements.into_iter().for_each(|statement| self.add(&section, statement));
        self.start += section.len();
        self.place = moved(self.place, locate(&section, section.len()));
        self.section = section;
        self.section.clear();
    }

    /// Adds a statement of the section.
    fn add(&mut self, section: &str, mut statement: Statement) {
        let sql = &section[statement.range.clone()];
        // The first of several statements stands for all.
        let kept = &sql[..sql.ceil_char_boundary(KEPT.max(statement.sample(section).len() + 1))];
        let place = moved(self.place, place_of(&statement));
        move_to(&mut self.text, self.end, place);
        let at = self.text.len();
        if kept.len() < sql.len() {
            let file = self.start + statement.range.start..self.start + statement.range.end;
            self.left.push(Left { at, file });
        }
        self.text.push_str(kept);
        self.text.push(';');
        self.end = moved(place, locate(&self.text[at..], self.text.len() - at));
        statement.range = at..at + kept.len();
        (statement.line, statement.column) = (place.line, place.column);
        self.script.statements.push(statement);
    }
}

/// True if no statement depends on the others, except on those that are read as one with it.
fn is_independent(script: &Script) -> bool {
    let is_independent = |one: &Statement| {
        one.isolation.is_none() && one.transaction == TransactionUse::Inside && one.new_label.is_none()
    };
    script.notes.is_empty() && script.statements.iter().all(is_independent)
}

fn place_of(statement: &Statement) -> Place {
    Place { line: statement.line, column: statement.column }
}

/// A place behind another one.
fn moved(from: Place, by: Place) -> Place {
    match by.line {
        1 => Place { line: from.line, column: from.column + by.column - 1 },
        _ => Place { line: from.line + by.line - 1, column: by.column },
    }
}

/// Adds line breaks and blanks to a text that ends at `from`.
fn move_to(text: &mut String, from: Place, to: Place) {
    let lines = to.line.saturating_sub(from.line);
    let columns = if lines > 0 { to.column - 1 } else { to.column.saturating_sub(from.column) };
    text.extend(std::iter::repeat_n('\n', lines).chain(std::iter::repeat_n(' ', columns)));
}

#[cfg(test)]
#[path = "abridged_tests.rs"]
mod tests;
