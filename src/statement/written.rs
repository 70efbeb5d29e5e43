//! Statements of a script into which its tool put values: they are placed and shown as the file has them.

use super::facts::Statement;
use crate::chain::scan::{self, Kind};
use crate::chain::written::Written;
use crate::sql::place::Lines;
use crate::sql::{Secrecy, redact};

/// Moves the places of statements to the file, and shows their placeholders in place of the values; `text` is the one that runs.
pub fn as_written(statements: &mut [Statement], text: &str, written: &Written) {
    let lines = Lines::new(written.text());
    for statement in statements {
        let at = lines.locate(written.start(statement.range.start));
        (statement.line, statement.column) = (at.line, at.column);
        if written.holes(statement.range.clone()).next().is_some() {
            let sql = &written.text()[written.range(&statement.range)];
            statement.written = Some(redact::shown(sql, statement.secrecy).into());
            statement.secrecy = statement.secrecy.max(of_values(statement, text, written));
        }
    }
}

/// The secrecy that the hidden values in a statement's literals need.
fn of_values(statement: &Statement, text: &str, written: &Written) -> Secrecy {
    let start = statement.range.start;
    let holds_one = |piece: &scan::Piece| {
        written.holes(start + piece.range.start..start + piece.range.end).any(|hole| hole.is_hidden)
    };
    let secrecy = |piece: scan::Piece| match piece.kind {
        Kind::String if holds_one(&piece) => Secrecy::Closed,
        Kind::Dollar if holds_one(&piece) => Secrecy::Code,
        _ => Secrecy::Open,
    };
    scan::scan(&text[statement.range.clone()]).map(secrecy).max().unwrap_or(Secrecy::Open)
}
