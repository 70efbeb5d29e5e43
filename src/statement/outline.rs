//! A large script without its rows: everything that [`super::read_definitions`] reads, each word at its line and column.
//!
//! The script is read in parts, without the grammar. An outline is therefore made only if each semicolon outside of quotes ends a
//! statement: not for a script with a body of statements (BEGIN ATOMIC, a rule), with psql commands, or with COPY data.

use super::portions::{HEAD, Head};
use crate::chain::scan::{Kind, Parts, Piece};
use crate::chain::text::{Away, Changed};

/// The outline of a text; none if the whole text has to be read.
///
/// # Errors
/// The text changed since it was first read.
pub fn outline(text: &dyn Away) -> Result<Option<String>, Changed> {
    let (mut parts, mut outline) = (Parts::default(), Outline::default());
    text.pass(&mut |part| parts.take(part, |kind, piece| outline.take(kind, piece)))?;
    parts.end(|kind, piece| outline.take(kind, piece));
    Ok(outline.finished())
}

/// True for a piece behind which a semicolon may not end a statement.
pub(super) fn hides_semicolons(kind: Kind, piece: &str) -> bool {
    match kind {
        Kind::Symbol => piece == "\\",
        Kind::Word => ["atomic", "rule", "stdin"].iter().any(|word| piece.eq_ignore_ascii_case(word)),
        _ => false,
    }
}

#[derive(Default)]
struct Outline {
    text: String,
    /// The beginning of the current statement, and its first pieces of code, until its kind is known.
    open: String,
    first: Vec<Piece>,
    state: State,
    gone: Gone,
    /// The table whose rows the previous statement changed; none if anything follows that statement.
    table: Option<String>,
    is_impossible: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Begins,
    Kept,
    Rows,
}

/// The rows that were left out since the last word: their line breaks, and the characters after the last of them.
#[derive(Default)]
struct Gone {
    lines: usize,
    columns: usize,
}

impl Gone {
    fn take(&mut self, piece: &str) {
        match piece.rfind('\n') {
            Some(last) => {
                self.lines += piece.matches('\n').count();
                self.columns = piece[last + 1..].chars().count();
            }
            None => self.columns += piece.chars().count(),
        }
    }

    fn put_in_place(&mut self, text: &mut String) {
        let Self { lines, columns } = std::mem::take(self);
        text.extend(std::iter::repeat_n('\n', lines).chain(std::iter::repeat_n(' ', columns)));
    }
}

impl Outline {
    fn take(&mut self, kind: Kind, piece: &str) {
        let is_end = kind == Kind::Symbol && piece == ";";
        self.is_impossible |= hides_semicolons(kind, piece);
        match self.state {
            State::Begins => {
                if kind.is_code() && !is_end {
                    self.first.push(Piece { kind, range: self.open.len()..self.open.len() + piece.len() });
                }
                self.open.push_str(piece);
                if is_end || self.first.len() == HEAD {
                    self.decide(is_end);
                }
            }
            State::Kept => self.text.push_str(piece),
            State::Rows => self.gone.take(piece),
        }
        if is_end {
            self.state = State::Begins;
        }
    }

    fn decide(&mut self, is_whole: bool) {
        let open = std::mem::take(&mut self.open);
        let first = std::mem::take(&mut self.first);
        let Some(head) = Head::of(&open, &first) else {
            self.table = None;
            self.gone.put_in_place(&mut self.text);
            self.text.push_str(&open);
            self.state = State::Kept;
            return;
        };
        let table = &open[head.table.clone()];
        if self.table.as_deref() == Some(table) {
            self.gone.take(&open);
        } else {
            self.table = Some(table.to_owned());
            self.gone.put_in_place(&mut self.text);
            self.text.push_str(&open[..head.table.end]);
            self.text.push(';');
            // The semicolon replaces one character of the rest, which exists: a blank, or that semicolon.
            let mut rest = open[head.table.end..].chars();
            if rest.next() == Some('\n') {
                self.gone.lines += 1;
            }
            self.gone.take(rest.as_str());
        }
        self.state = if is_whole { State::Begins } else { State::Rows };
    }

    fn finished(mut self) -> Option<String> {
        if !self.open.is_empty() {
            self.decide(true);
        }
        (!self.is_impossible).then_some(self.text)
    }
}

#[cfg(test)]
#[path = "outline_tests.rs"]
pub(super) mod tests;
