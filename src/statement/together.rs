//! Consecutive INSERTs of plain rows are read as one statement: they differ only in their literals, so one reading holds for all.
//! A caller that needs each of them cuts them again.

use std::ops::Range;
use std::sync::Arc;

use super::change::{DataAct, Effect};
use super::facts::{Nature, Statement};
use super::lower::Lowered;
use crate::chain::scan::{self, Kind};
use crate::sql::place;

/// The limits of a text that is read as one statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Together<'a> {
    /// The bytes of one such statement at most.
    pub most: usize,
    /// Positions of the text across which nothing is joined, in ascending order: those of directives.
    pub breaks: &'a [usize],
}

/// About as much as the server reads at once; more would not be faster.
pub(super) const MOST: usize = 32 << 10;

impl Together<'_> {
    pub const NOTHING: Self = Together { most: 0, breaks: &[] };

    /// Appends a statement, or joins it to the last one.
    pub fn push(self, all: &mut Vec<Lowered>, one: Lowered) {
        let is_of = all.last().is_some_and(|last| self.is_of(last, &one)) && !self.directs_last(all);
        match all.last_mut().filter(|_| is_of) {
            Some(last) => {
                last.range.end = one.range.end;
                last.count += one.count;
            }
            None => all.push(one),
        }
    }

    /// True if a directive belongs to the last statement.
    fn directs_last(self, all: &[Lowered]) -> bool {
        let [before @ .., last] = all else { return false };
        let next = self.breaks.partition_point(|&at| at < last.range.start);
        let directive = self.breaks[..next].last();
        directive.is_some_and(|&at| before.last().is_none_or(|before| before.range.start < at))
    }

    fn is_of(self, last: &Lowered, one: &Lowered) -> bool {
        let (start, end) = (last.range.start, one.range.end);
        let next = self.breaks.partition_point(|&at| at < start);
        Arc::ptr_eq(&last.nature, &one.nature)
            && one.nature.has_rows_in_text()
            && [last, one].iter().all(|it| it.refused.is_empty())
            && end - start <= self.most
            && self.breaks.get(next).is_none_or(|&at| at >= end)
    }
}

impl Nature {
    /// True for an INSERT of literals alone: its rows are kept only in the text.
    pub(super) fn has_rows_in_text(&self) -> bool {
        matches!(&self.effect, Effect::Data(data) if matches!(data.act, DataAct::Insert { in_text: true, .. }))
    }
}

impl Statement {
    /// The ranges of the statements that were read as this one, in order; `text` is its file's.
    pub fn parts(&self, text: &str) -> Vec<Range<usize>> {
        if self.count == 1 {
            return vec![self.range.clone()];
        }
        let start = self.range.start;
        cut(&text[self.range.clone()]).into_iter().map(|it| start + it.start..start + it.end).collect()
    }

    /// One of these statements, as if it had been read alone.
    pub fn part(&self, text: &str, range: Range<usize>) -> Self {
        let at = place::locate(text, range.start);
        Self { range, line: at.line, column: at.column, count: 1, ..self.clone() }
    }

    /// The text of one of these statements: the others differ only in their literals.
    pub fn sample<'a>(&self, text: &'a str) -> &'a str {
        let sql = &text[self.range.clone()];
        if self.count == 1 {
            return sql;
        }
        let is_end = |piece: &scan::Piece| piece.kind == Kind::Symbol && &sql[piece.range.clone()] == ";";
        scan::scan(sql).find(is_end).map_or(sql, |end| &sql[..end.range.start])
    }
}

/// The ranges of the statements in a text, without surrounding comments and blanks.
fn cut(sql: &str) -> Vec<Range<usize>> {
    let (mut all, mut open): (Vec<Range<usize>>, Option<Range<usize>>) = (Vec::new(), None);
    for piece in scan::scan(sql).filter(|piece| piece.kind.is_code()) {
        if &sql[piece.range.clone()] == ";" {
            all.extend(open.take());
        } else {
            open = Some(open.map_or(piece.range.start, |open| open.start)..piece.range.end);
        }
    }
    all.extend(open);
    all
}
