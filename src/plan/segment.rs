//! A revision's statements as segments: those that run together in one transaction, and those that run alone outside of any.

use std::ops::Range;

use crate::pg::version::ServerVersion;
use crate::statement::Statement;

/// A part of a revision that is recorded as a unit, with the indexes of its statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    Together(Range<usize>),
    Alone(usize),
}

impl Segment {
    pub fn range(&self) -> Range<usize> {
        match self {
            Self::Together(range) => range.clone(),
            Self::Alone(at) => *at..*at + 1,
        }
    }
}

/// Splits a script into as few segments as the server allows: around statements that cannot run in a transaction, and after a new
/// enum label that a later statement uses (55P04 before its transaction has committed; PostgreSQL documentation, ALTER TYPE).
pub fn segments(text: &str, statements: &[&Statement], server: ServerVersion) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut from = 0;
    let flush = |from: usize, to: usize, segments: &mut Vec<Segment>| {
        if from < to {
            segments.push(Segment::Together(from..to));
        }
    };
    for (at, statement) in statements.iter().enumerate() {
        if statement.transaction.is_outside(server) {
            flush(from, at, &mut segments);
            segments.push(Segment::Alone(at));
            from = at + 1;
        } else if uses_label(text, statement, &statements[at + 1..]) {
            flush(from, at, &mut segments);
            flush(at, at + 1, &mut segments);
            from = at + 1;
        }
    }
    flush(from, statements.len(), &mut segments);
    if statements.is_empty() {
        // An empty revision is recorded too.
        segments.push(Segment::Together(0..0));
    }
    segments
}

/// A label that occurs in quotes in a later statement counts as used: an additional segment is harmless.
fn uses_label(text: &str, statement: &Statement, later: &[&Statement]) -> bool {
    let Some(label) = &statement.new_label else { return false };
    let quoted = format!("'{}'", label.replace('\'', "''"));
    later.iter().any(|statement| text[statement.range.clone()].contains(&quoted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::directive::Directives;

    fn cut(text: &str) -> Vec<Segment> {
        let script = crate::statement::read(text, &Directives::default()).unwrap();
        segments(text, &script.statements.iter().collect::<Vec<_>>(), ServerVersion(150_000))
    }

    #[test]
    fn what_can_share_a_transaction_does() {
        assert_eq!(cut("CREATE TABLE t (); DROP TABLE t"), [Segment::Together(0..2)]);
        assert_eq!(
            cut("CREATE TABLE t (a int); CREATE INDEX CONCURRENTLY ON t (a); VACUUM t; DROP TABLE t"),
            [Segment::Together(0..1), Segment::Alone(1), Segment::Alone(2), Segment::Together(3..4)]
        );
    }

    #[test]
    fn a_new_label_is_committed_first_only_where_it_is_used() {
        assert_eq!(cut("ALTER TYPE e ADD VALUE 'x'; UPDATE t SET e = 'y'"), [Segment::Together(0..2)]);
        assert_eq!(
            cut("DROP TABLE u; ALTER TYPE e ADD VALUE 'it''s'; UPDATE t SET e = 'it''s'; DROP TABLE v"),
            [Segment::Together(0..1), Segment::Together(1..2), Segment::Together(2..4)]
        );
    }
}
