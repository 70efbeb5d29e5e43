//! A script is cut at its semicolons and parsed in parts, so the largest statement bounds the size of a tree.
//!
//! Only the grammar knows which semicolons end a statement: others are in the body of a function, or between the commands of a
//! rule. A text that parses up to a semicolon is complete, because the grammar reads from left to right and looks one token
//! ahead. A text that breaks off at its end continues to a later semicolon.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::alike::Alike;
use super::change::{Data, DataAct, Effect};
use super::lower::{self, Lowered};
use super::together::Together;
use super::values;
use crate::chain::scan::{self, Kind, Piece, Scanner};
use crate::sql::parse::{self, SyntaxError};

/// The number of bytes that are parsed at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portion {
    /// The bytes of consecutive statements; a longer statement is parsed alone.
    pub statements: usize,
    /// The bytes of rows of one INSERT.
    pub rows: usize,
    /// True if plain rows are kept in memory although they are in the text.
    pub keeps_rows: bool,
}

/// A tree takes about a hundred times the memory of its text; smaller parts take longer.
pub(super) const PORTION: Portion = Portion { statements: 16 << 10, rows: 64 << 10, keeps_rows: false };

/// The statements that are skipped, because their content is not needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    Nothing,
    /// INSERT, UPDATE and DELETE; only their tables are recorded.
    Rows,
    /// Also COMMENT.
    RowsAndComments,
}

/// Every statement of a text, in order, at its position in the text.
///
/// # Errors
/// The grammar's first error, with its position.
pub(super) fn lower(text: &str, portion: Portion, together: Together<'_>) -> Result<Vec<Lowered>, SyntaxError> {
    let mut all = Vec::new();
    read(text, portion, Passes::Nothing, |one| together.push(&mut all, one))?;
    Ok(all)
}

/// The data statement of a text, with its rows.
pub fn data_of(sql: &str) -> Option<Data> {
    let one = lower(sql, Portion { keeps_rows: true, ..PORTION }, Together::NOTHING).ok()?.pop()?;
    match &one.effect {
        Effect::Data(data) => Some((**data).clone()),
        _ => None,
    }
}

/// The definitions of a text. An INSERT, UPDATE or DELETE is not parsed, but its table is recorded, because the table's triggers
/// may define something. Between two definitions each table is recorded once.
///
/// # Errors
/// As [`lower`].
pub(super) fn lower_definitions(text: &str, passes: Passes) -> Result<Vec<Lowered>, SyntaxError> {
    let mut all = Vec::new();
    let mut written = BTreeSet::new();
    read(text, PORTION, passes, |one| {
        match &one.effect {
            _ if !one.refused.is_empty() => {}
            Effect::Repeatable => return,
            Effect::Data(data) => {
                let tables = data.writes.iter().map(|table| (table.schema.clone(), table.name.clone()));
                if !tables.fold(false, |is_new, table| written.insert(table) | is_new) {
                    return;
                }
            }
            _ => written.clear(),
        }
        all.push(one);
    })?;
    Ok(all)
}

fn read(text: &str, portion: Portion, passes: Passes, found: impl FnMut(Lowered) + Send) -> Result<(), SyntaxError> {
    let mut said = Said { text, last: None, alike: None, found };
    parse::with_room(move || {
        let mut ends = Ends::of(text, passes);
        let mut last_table = None;
        let mut start = 0;
        while start < text.len() {
            if let Some((end, passed)) = ends.pass_over() {
                // Many consecutive statements write to one table.
                if let Passed::Rows(head) = passed
                    && last_table != Some(&text[head.table.clone()])
                {
                    written(text, &head).into_iter().for_each(|one| said.say(one));
                    last_table = Some(&text[head.table]);
                }
                start = end;
                continue;
            }
            last_table = None;
            if let Some(end) = ends.next().filter(|&end| said.is_like_the_last(start..end)) {
                ends.advance();
                start = end;
                continue;
            }
            let (end, part) = part(text, start, &mut ends, portion)?;
            for mut one in part {
                if !portion.keeps_rows {
                    leave_rows(&mut one);
                }
                said.say(one.moved(start));
            }
            start = end;
        }
        Ok(())
    })
}

/// The statements of a text, in the order in which they are found.
struct Said<'a, F> {
    text: &'a str,
    last: Option<Lowered>,
    /// The form of the last statement, if its rows are in the text.
    alike: Option<Alike>,
    found: F,
}

impl<F: FnMut(Lowered)> Said<'_, F> {
    fn say(&mut self, mut one: Lowered) {
        match self.last.as_ref().filter(|last| last.nature == one.nature) {
            // Consecutive statements that differ only in their rows share one value.
            Some(last) => one.nature = Arc::clone(&last.nature),
            None => self.alike = None,
        }
        if self.alike.is_none() && one.refused.is_empty() && one.nature.has_rows_in_text() {
            self.alike = Alike::of(&self.text[one.range.clone()]);
        }
        self.last = Some(one.clone());
        (self.found)(one);
    }

    /// Adds the statement of a range if it is like the previous one.
    fn is_like_the_last(&mut self, range: Range<usize>) -> bool {
        let sql = &self.text[range.clone()];
        let (Some(alike), Some(last)) = (&self.alike, &self.last) else { return false };
        let Some(start) = alike.start_of(sql) else { return false };
        let end = range.end - usize::from(sql.ends_with(';'));
        let one = Lowered { range: range.start + start..end, ..last.clone() };
        self.last = Some(one.clone());
        (self.found)(one);
        true
    }
}

/// Removes rows of literals alone: they are in the text.
fn leave_rows(one: &mut Lowered) {
    let is_left = |data: &Data| match &data.act {
        DataAct::Insert { rows, picked: None, stable: None, .. } => values::are_literals(rows),
        _ => false,
    };
    if matches!(&one.effect, Effect::Data(data) if is_left(data))
        && let Effect::Data(data) = &mut Arc::make_mut(&mut one.nature).effect
        && let DataAct::Insert { rows, in_text, .. } = &mut data.act
    {
        (*rows, *in_text) = (String::new(), true);
    }
}

/// A statement on rows of which only the table is known.
fn written(text: &str, head: &Head) -> Option<Lowered> {
    let insert = format!("INSERT INTO {} DEFAULT VALUES", &text[head.table.clone()]);
    let one = parse::with_tree(&insert, lower::lower).ok()?.pop()?;
    Some(Lowered { range: head.start..head.table.end, ..one })
}

/// The statements from `start` on, about as many as a portion allows, and the position of their end.
fn part(text: &str, start: usize, ends: &mut Ends<'_>, portion: Portion) -> Result<(usize, Vec<Lowered>), SyntaxError> {
    let mut end = ends.last_before(start.saturating_add(portion.statements));
    if end - start > portion.rows {
        let insert = &text[start..end];
        let literals = if portion.keeps_rows { None } else { values::lower_literals(insert, portion.rows) };
        if let Some(insert) = literals.or_else(|| values::lower(insert, portion.rows)) {
            return Ok((end, vec![insert]));
        }
    }
    loop {
        match parse::with_tree(&text[start..end], lower::lower) {
            Ok(part) => return Ok((end, part)),
            Err(error) if end == text.len() => return Err(error.moved(&text[..start])),
            // The part doubles each time: a long body is not parsed again for each of its statements.
            Err(error) if error.is_at_the_end() => {
                end = ends.last_before(end.saturating_add((end - start).max(portion.statements)));
            }
            // This error does not depend on the rest of the text, but the words of its message do.
            Err(_) => end = text.len(),
        }
    }
}

/// The positions after the semicolons of a text, and its end.
struct Ends<'a> {
    text: &'a str,
    pieces: Scanner<'a>,
    passes: Passes,
    next: Option<End>,
}

#[derive(Clone)]
struct End {
    at: usize,
    /// The statement before the next end, if it is skipped.
    passed: Option<Passed>,
}

/// A statement that is skipped.
#[derive(Clone)]
enum Passed {
    Rows(Head),
    Comment,
}

/// The beginning of a statement on the rows of a table.
#[derive(Clone)]
pub(super) struct Head {
    start: usize,
    /// The table's name, as written.
    pub table: Range<usize>,
}

impl<'a> Ends<'a> {
    fn of(text: &'a str, passes: Passes) -> Self {
        let mut ends = Self { text, pieces: scan::scan(text), passes, next: None };
        ends.advance();
        ends
    }

    fn advance(&mut self) {
        let was = self.next.as_ref().map_or(0, |end| end.at);
        let mut first: Vec<Piece> = Vec::new();
        let mut end = None;
        for piece in self.pieces.by_ref().filter(|piece| piece.kind.is_code()) {
            if &self.text[piece.range.clone()] == ";" {
                end = Some(piece.range.end);
                break;
            }
            if self.passes != Passes::Nothing && first.len() < HEAD {
                first.push(piece);
            }
        }
        let at = end.unwrap_or(self.text.len());
        self.next = (end.is_some() || was < at).then(|| End { at, passed: Passed::of(self.text, &first, self.passes) });
    }

    /// The end of the next statement.
    fn next(&self) -> Option<usize> {
        self.next.as_ref().map(|next| next.at)
    }

    /// Steps over the next statement if it is skipped: its end, and its beginning.
    fn pass_over(&mut self) -> Option<(usize, Passed)> {
        let next = self.next.as_ref()?;
        let passed = (next.at, next.passed.clone()?);
        self.advance();
        Some(passed)
    }

    /// The last end up to `most` that no skipped statement precedes; the next end if that lies beyond `most`.
    fn last_before(&mut self, most: usize) -> usize {
        let mut last = None;
        while let Some(next) = &self.next
            && (last.is_none() || next.at <= most && next.passed.is_none())
        {
            last = Some(next.at);
            self.advance();
        }
        last.unwrap_or(self.text.len())
    }
}

/// The number of tokens up to the name of the table: `DELETE FROM ONLY a.b.c` and one more.
pub(super) const HEAD: usize = 9;

impl Passed {
    fn of(text: &str, first: &[Piece], passes: Passes) -> Option<Self> {
        match passes {
            Passes::Nothing => None,
            Passes::RowsAndComments if is(text, first, 0, "comment") && is(text, first, 1, "on") => Some(Self::Comment),
            Passes::Rows | Passes::RowsAndComments => Head::of(text, first).map(Self::Rows),
        }
    }
}

fn is(text: &str, pieces: &[Piece], at: usize, word: &str) -> bool {
    let is_it = |piece: &Piece| piece.kind == Kind::Word && text[piece.range.clone()].eq_ignore_ascii_case(word);
    pieces.get(at).is_some_and(is_it)
}

impl Head {
    /// The head of an INSERT, UPDATE or DELETE.
    pub fn of(text: &str, first: &[Piece]) -> Option<Self> {
        let of = |piece: &Piece| &text[piece.range.clone()];
        let is = |at: usize, word: &str| is(text, first, at, word);
        let behind = match () {
            () if is(0, "insert") && is(1, "into") => 2,
            () if is(0, "delete") && is(1, "from") => 2,
            () if is(0, "update") => 1,
            () => return None,
        };
        let behind = behind + usize::from(is(behind, "only"));
        let is_name = |at: usize| first.get(at).is_some_and(|piece| matches!(piece.kind, Kind::Word | Kind::Name));
        let mut last = behind;
        while is_name(last) && first.get(last + 1).is_some_and(|dot| of(dot) == ".") {
            last += 2;
        }
        // The grammar reads a name that continues or is written in another way.
        let goes_on = first.get(last + 1).is_some_and(|piece| [".", "&"].contains(&of(piece)));
        (is_name(last) && !goes_on)
            .then(|| Self { start: first[0].range.start, table: first[behind].range.start..first[last].range.end })
    }
}

#[cfg(test)]
#[path = "portions_tests.rs"]
mod tests;
