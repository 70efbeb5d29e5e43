//! A script: its statements in order, or everything that keeps a gate from running it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::blocks;
use super::copy;
use super::facts::Statement;
use super::kind::{Kind, TransactionUse};
use super::lower::{self, Lowered, Refused};
use super::portions::{self, Passes, Portion};
use super::together::{self, Together};
use crate::chain::compiled::Expectation;
use crate::chain::directive::{Directives, StatementDirective};
use crate::chain::scan;
use crate::sql::holds;
use crate::sql::parse::{self, SyntaxError};
use crate::sql::place::{Lines, char_offset_to_byte};
use crate::sql::problem::Problem;
use crate::sql::psql;
use crate::sql::redact;
use crate::sql::secret::Secrecy;

/// The statements of a script as a gate runs them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Empty if the script contains only comments: a revision that does nothing.
    pub statements: Vec<Statement>,
    /// The differences between the text and its reading, a sentence each.
    pub notes: Vec<String>,
}

/// A position of a script that a gate cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ScriptError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
    /// The replacement to write; empty if it is obvious.
    pub hint: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "; {}", self.hint) }
    }
}

/// Reads the statements of a script and gives each the directives above it.
///
/// # Errors
/// Everything that a gate cannot run, in the order of the text: psql commands, transaction commands except complete blocks,
/// DISCARD ALL, the release of advisory locks, a directive in the middle of a statement or with a query that does not parse, the
/// first syntax error.
pub fn read(text: &str, directives: &Directives) -> Result<Script, Vec<ScriptError>> {
    read_in(text, directives, portions::PORTION, 0)
}

/// As [`read`], but consecutive INSERTs of plain rows with no directive between them are read as one.
///
/// # Errors
/// As [`read`].
pub fn read_together(text: &str, directives: &Directives) -> Result<Script, Vec<ScriptError>> {
    read_in(text, directives, portions::PORTION, together::MOST)
}

/// `most` is the number of bytes that are read as one statement at most.
pub(super) fn read_in(
    text: &str,
    directives: &Directives,
    portion: Portion,
    most: usize,
) -> Result<Script, Vec<ScriptError>> {
    let masked = psql::mask(text);
    let mut problems = masked.problems;
    let lines = Lines::new(text);
    let mut script = Script::default();
    let breaks: Vec<usize> = directives.statements.iter().map(|placed| placed.offset).collect();
    match portions::lower(&masked.sql, portion, Together { most, breaks: &breaks }) {
        Err(error) => problems.push(syntax_problem(&masked.sql, &error)),
        Ok(mut lowered) => {
            trim_ranges(&masked.sql, &mut lowered);
            blocks::drop_balanced(&mut lowered, &mut script.notes);
            problems.extend(copy::give_rows(&masked.sql, text, &masked.data, &mut lowered, portion));
            problems.extend(settle_isolation(&mut lowered));
            problems.extend(lowered.iter().flat_map(refusals));
            script.statements = lowered.into_iter().map(|one| finish(&masked.sql, &lines, one)).collect();
            // The vector grew by doubling; its spare capacity goes.
            script.statements.shrink_to_fit();
        }
    }
    let parsed = !script.statements.is_empty() || problems.is_empty();
    for placed in &directives.statements {
        problems.extend(directive_query_problem(placed.offset, &placed.directive));
        if parsed {
            problems.extend(attach(&masked.sql, &mut script.statements, placed.offset, &placed.directive));
        }
    }
    problems.extend(script.statements.iter().filter(|statement| is_expected_alone(statement)).map(|statement| {
        let why = "nothing can be expected of what runs outside a transaction: it could not be taken back";
        Problem::new(statement.range.start, why, "leave the lockgate:expect out")
    }));
    if problems.is_empty() {
        return Ok(script);
    }
    problems.sort_by_key(|problem| problem.offset);
    Err(problems.into_iter().map(|problem| placed(&lines, problem)).collect())
}

/// Reads a script that is not to be run: its definitions, settings and code, without their directives, and between them the
/// tables whose rows it changes. None if a gate could not run it.
pub fn read_definitions(text: &str, passes: Passes) -> Option<Vec<Statement>> {
    let masked = psql::mask(text);
    let mut lowered = portions::lower_definitions(&masked.sql, passes).ok()?;
    lowered.iter_mut().for_each(|one| one.refused.retain(|refused| *refused != Refused::CopyFromStdin));
    trim_ranges(&masked.sql, &mut lowered);
    blocks::drop_balanced(&mut lowered, &mut Vec::new());
    if !masked.problems.is_empty() || lowered.iter().any(|one| !one.refused.is_empty()) {
        return None;
    }
    let lines = Lines::new(text);
    let mut statements: Vec<_> = lowered.into_iter().map(|one| finish(&masked.sql, &lines, one)).collect();
    // The vector grew by doubling; its spare capacity goes.
    statements.shrink_to_fit();
    Some(statements)
}

fn placed(lines: &Lines<'_>, problem: Problem) -> ScriptError {
    let place = lines.locate(problem.offset);
    ScriptError { line: place.line, column: place.column, message: problem.message, hint: problem.hint }
}

fn finish(sql: &str, lines: &Lines<'_>, lowered: Lowered) -> Statement {
    let place = lines.locate(lowered.range.start);
    let secrecy = redact::secrecy(&sql[lowered.range.clone()], lowered.hides);
    Statement {
        line: place.line,
        column: place.column,
        count: lowered.count,
        secrecy,
        written: None,
        directives: Box::default(),
        isolation: lowered.isolation.map(|it| it.level.unwrap_or_else(|| READ_COMMITTED.to_owned()).into()),
        range: lowered.range,
        nature: lowered.nature,
    }
}

/// Cuts the comments and blanks that the parser leaves around a statement, in one pass over the text.
fn trim_ranges(sql: &str, lowered: &mut [Lowered]) {
    let mut code = scan::scan(sql).filter(|piece| piece.kind.is_code()).peekable();
    for one in lowered {
        let mut trimmed: Option<Range<usize>> = None;
        while let Some(piece) = code.next_if(|piece| piece.range.start < one.range.end) {
            // A `;` is part of a statement only inside it: in the body of a function.
            let begins = piece.range.start >= one.range.start && &sql[piece.range.clone()] != ";";
            if trimmed.is_some() || begins {
                trimmed = Some(trimmed.map_or(piece.range.start, |t| t.start)..piece.range.end);
            }
        }
        one.range = trimmed.unwrap_or(one.range.clone());
        while sql[one.range.clone()].ends_with(';') {
            one.range.end -= 1;
        }
    }
}

const READ_COMMITTED: &str = "READ COMMITTED";

/// SET TRANSACTION before every other statement sets the transaction's isolation level; anywhere else the server refuses it.
fn settle_isolation(lowered: &mut [Lowered]) -> Vec<Problem> {
    let mut is_first = true;
    let mut problems = Vec::new();
    for one in lowered {
        is_first &= one.isolation.is_some();
        match one.isolation.take_if(|_| !is_first) {
            Some(_) => problems.push(Problem::new(
                one.range.start,
                "SET TRANSACTION behind other statements",
                "put it above them: it says how the transaction of the revision begins",
            )),
            None if one.isolation.as_ref().is_some_and(|it| it.is_read_only) => problems.push(Problem::new(
                one.range.start,
                "SET TRANSACTION READ ONLY",
                "leave it out: a revision is recorded in its own transaction",
            )),
            None => {}
        }
    }
    problems
}

fn refusals(one: &Lowered) -> Vec<Problem> {
    let at = one.range.start;
    let problem = |refused: &Refused| match refused {
        Refused::Transaction { command, plain } => transaction_problem(at, command, *plain),
        Refused::DiscardAll => Problem::new(
            at,
            "DISCARD ALL would release the lock that the gate holds",
            "write DISCARD PLANS, DISCARD SEQUENCES or DISCARD TEMP; settings end with the revision anyway",
        ),
        Refused::CopyFromStdin => Problem::new(
            at,
            "COPY FROM STDIN in a form whose data a gate does not read",
            "write its data as text, as pg_dump does, or write INSERT … VALUES",
        ),
        Refused::CopyToStdout => {
            Problem::new(at, "COPY TO STDOUT, which nobody reads", "COPY to a file on the server, or leave it out")
        }
        Refused::AdvisoryUnlock(call) => Problem::new(
            call.offset,
            format!("{} may release the lock that the gate holds", call.name),
            "use pg_advisory_xact_lock, which ends with the transaction",
        ),
    };
    one.refused.iter().map(problem).collect()
}

fn transaction_problem(at: usize, command: &str, plain: bool) -> Problem {
    let hint = match command {
        "BEGIN" | "START TRANSACTION" if !plain => {
            "leave the options out: a revision runs at READ COMMITTED, READ WRITE"
        }
        "BEGIN" | "START TRANSACTION" | "COMMIT" => {
            "leave it out, or write the other half of its block: each revision is one transaction"
        }
        "SAVEPOINT" | "RELEASE" | "ROLLBACK TO SAVEPOINT" => {
            "leave it out; to go on after an error, use BEGIN … EXCEPTION in a DO block"
        }
        "PREPARE TRANSACTION" | "COMMIT PREPARED" | "ROLLBACK PREPARED" => {
            "settle prepared transactions by hand, outside the chain"
        }
        _ => "leave it out: a revision that must not take effect should not be in the chain",
    };
    Problem::new(at, format!("{command} in a script: the gate begins and ends its transactions itself"), hint)
}

/// The parser's message with the line around its position; quoted text is redacted, because it may be a secret.
fn syntax_problem(sql: &str, error: &SyntaxError) -> Problem {
    let Some(position) = error.position else {
        return Problem::new(0, redact::shown(&error.message, Secrecy::Open), "");
    };
    let offset = char_offset_to_byte(sql, position);
    let message = match error.message.split_once('"') {
        Some((what, _)) if redact::is_hidden_at(sql, offset) => format!("{what}a value"),
        _ => error.message.chars().take(120).collect(),
    };
    let near = redact::around(sql, offset);
    Problem::new(offset, message, if near.is_empty() { near } else { format!("near: {near}") })
}

fn attach(sql: &str, statements: &mut [Statement], offset: usize, directive: &StatementDirective) -> Option<Problem> {
    let next = statements.partition_point(|statement| statement.range.end <= offset);
    match statements.get_mut(next) {
        Some(statement) if statement.range.start > offset => {
            if *directive == StatementDirective::NoTransaction {
                Arc::make_mut(&mut statement.nature).transaction = TransactionUse::Outside;
            }
            if let StatementDirective::Expect(expectation) = directive
                && let Some(why) = unanswered(statement, &sql[statement.range.clone()], expectation)
            {
                return Some(Problem::new(offset, why, ""));
            }
            statement.direct(directive.clone());
            None
        }
        Some(_) => Some(Problem::new(offset, "a directive in the middle of a statement", "put it above the statement")),
        None => Some(Problem::new(offset, "no statement follows the directive", "put it above its statement")),
    }
}

fn is_expected_alone(statement: &Statement) -> bool {
    statement.transaction != TransactionUse::Inside && statement.expectations().next().is_some()
}

/// The reason why a statement never gives such an answer.
fn unanswered(statement: &Statement, sql: &str, expectation: &Expectation) -> Option<&'static str> {
    let changes = ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(&statement.tag.as_str());
    let is_query = ["SELECT", "EXECUTE", "FETCH"].contains(&statement.tag.as_str());
    let answers = match expectation {
        Expectation::Count(_) => changes || is_query || ["COPY", "MOVE"].contains(&statement.tag.as_str()),
        Expectation::Rows { .. } => is_query || changes && holds(sql, "returning"),
    };
    match expectation {
        _ if answers => None,
        Expectation::Count(_) => Some("the server's answer to this statement has no count of rows to expect"),
        Expectation::Rows { .. } => Some("this statement gives no rows to expect"),
    }
}

fn directive_query_problem(offset: usize, directive: &StatementDirective) -> Option<Problem> {
    let sql = match directive {
        StatementDirective::Check { sql, .. } | StatementDirective::Unless { sql } => sql,
        StatementDirective::Optional
        | StatementDirective::RunAsIs
        | StatementDirective::Ensure { .. }
        | StatementDirective::NoTransaction
        | StatementDirective::AcceptDestructive
        | StatementDirective::Expect(_) => return None,
    };
    let message = match parse::with_tree(sql, lower::lower) {
        Err(error) => format!("the directive's query does not parse: {}", syntax_problem(sql, &error).message),
        Ok(found) if found.len() == 1 && found[0].is_plain_query && found[0].kind != Kind::Data => return None,
        Ok(_) => "a directive takes one query that writes nothing".to_owned(),
    };
    Some(Problem::new(offset, message, ""))
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
