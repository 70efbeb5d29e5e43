//! What keeps a revision from being committed.

use std::time::Duration;

use super::explain::Explanation;
use super::flight::{Flight, Part};
use super::stop::Signal;
use crate::connect::{Row, ServerError, Session};
use crate::failure::{Code, Coded, Evidence};
use crate::lock::LockError;
use crate::pg::sqlstate::{StatementFailure, statement_failure};
use crate::plan::Named;
use crate::sql::{Secrecy, Statement, context_without_literals, excerpt, place, scrubbed};

#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    #[error("{}: {}", .0.place, .0.error.message)]
    Statement(Box<FailedStatement>),
    #[error("{}: {}: a lock could not be won", .failed.place, .failed.error.message)]
    Lock { failed: Box<FailedStatement>, blockers: Vec<String>, tried: Duration },
    #[error(transparent)]
    Shared(LockError),
    #[error("{file}:{line}: nobody can tell whether this statement ran")]
    InDoubt { file: String, line: usize, shown: String },
    #[error("{file} was changed after {because}")]
    BegunChanged { file: String, because: String },
    #[error("{id} is half {}", if *down { "taken back" } else { "applied" })]
    OtherWay { id: String, down: bool },
    #[error("the history could not be written: {0}")]
    History(ServerError),
    #[error("the connection broke: {0}")]
    Lost(String),
    #[error("{file} ended its transaction itself: what it did before that is in force, and nothing is recorded")]
    EndedItself { file: String },
    #[error("{place}: the check \"{name}\" does not hold")]
    Check { place: String, name: String, shown: String, rows: Vec<String> },
    #[error("{file}: the schema would not be what a fresh database has")]
    NotEqual { file: String, lines: Vec<String> },
    #[error("stopped while {revision} was applied: {}", remains(*may_leave_index))]
    Stopped { signal: Signal, revision: String, may_leave_index: bool },
}

fn remains(may_leave_index: bool) -> &'static str {
    if may_leave_index {
        "its index may be left INVALID; the next run drops it and builds it again"
    } else {
        "what was not committed of it was rolled back"
    }
}

/// A statement of a script that the server refused.
#[derive(Debug)]
pub struct FailedStatement {
    /// `0006_add_rate_limiting.sql:12:5`.
    pub place: String,
    /// The statement, with no secret in it.
    pub shown: Option<String>,
    /// What the server said, without the statement's own secrets.
    pub error: ServerError,
    /// Whether the server's message stands in the script word for word (RAISE), so that no row's value is in it.
    pub is_scripts_own: bool,
    /// The line of the script that set the statement_timeout that it ran under.
    pub own_timeout: Option<usize>,
    pub evidence: Evidence,
}

const MAX_LOCKS: &str = "max_locks_per_transaction";

impl ExecuteError {
    pub(super) fn statement(flight: &Flight<'_>, part: Part, error: ServerError) -> Self {
        Self::Statement(Box::new(FailedStatement::new(flight, part, error)))
    }

    pub(super) fn lock(
        flight: &Flight<'_>,
        part: Part,
        error: ServerError,
        blockers: Vec<String>,
        tried: Duration,
    ) -> Self {
        Self::Lock { failed: Box::new(FailedStatement::new(flight, part, error)), blockers, tried }
    }

    /// A statement that ran outside a transaction.
    pub(super) fn alone(script: Named<'_>, statement: &Statement, error: ServerError) -> Self {
        Self::Statement(Box::new(FailedStatement::of(script, statement, error)))
    }

    /// A check that did not hold, with the first rows that it returned.
    pub(super) fn check(script: Named<'_>, statement: &Statement, name: &str, rows: &[Row]) -> Self {
        const MOST: usize = 5;
        let value = |value: &Option<String>| value.as_deref().unwrap_or("NULL").chars().take(60).collect::<String>();
        let row = |row: &Row| row.iter().map(value).collect::<Vec<_>>().join(", ");
        let mut shown: Vec<String> = rows.iter().take(MOST).map(row).collect();
        if rows.is_empty() {
            shown.push("no row".to_owned());
        }
        if rows.len() > MOST {
            shown.push(format!("and {} rows more", rows.len() - MOST));
        }
        Self::Check {
            place: format!("{}:{}:{}", script.file, statement.line, statement.column),
            name: name.to_owned(),
            shown: statement.shown.clone(),
            rows: shown,
        }
    }

    /// The same, where others were in the way to the end.
    pub(super) fn lock_alone(
        script: Named<'_>,
        statement: &Statement,
        error: ServerError,
        blockers: Vec<String>,
        tried: Duration,
    ) -> Self {
        Self::Lock { failed: Box::new(FailedStatement::of(script, statement, error)), blockers, tried }
    }

    /// A signal ended a transaction.
    pub(super) fn stopped(flight: &Flight<'_>, signal: Signal) -> Self {
        Self::Stopped { signal, revision: flight.script().id.to_owned(), may_leave_index: false }
    }

    pub(super) fn history(error: ServerError) -> Self {
        Self::History(error)
    }

    /// The guard failed: another backend answers.
    pub(super) fn moved(session: &Session) -> Self {
        let evidence = "the server session changed between two transactions: a transaction pooler stands between";
        Self::Shared(LockError::SharedSession { address: session.address.clone(), evidence })
    }

    /// Adds what the rows say of it; `sql` is what was sent.
    pub(super) fn explained(mut self, sql: &str, secrecy: Secrecy, explanation: Option<Explanation>) -> Self {
        if let (Self::Statement(failed), Some(explanation)) = (&mut self, explanation) {
            let without = |lines: Vec<String>| lines.iter().map(|line| scrubbed(line, sql, secrecy)).collect();
            let Explanation { rows, found, help } = explanation;
            let (found, help) = (without(found), without(help));
            failed.evidence = Evidence { rows, found, help, ..failed.evidence.clone() };
        }
        self
    }

    fn failed(&self) -> Option<&FailedStatement> {
        match self {
            Self::Statement(failed) | Self::Lock { failed, .. } => Some(failed),
            Self::Shared(_)
            | Self::InDoubt { .. }
            | Self::BegunChanged { .. }
            | Self::EndedItself { .. }
            | Self::OtherWay { .. }
            | Self::History(_)
            | Self::Lost(_)
            | Self::Check { .. }
            | Self::NotEqual { .. }
            | Self::Stopped { .. } => None,
        }
    }
}

impl FailedStatement {
    fn new(flight: &Flight<'_>, part: Part, error: ServerError) -> Self {
        let script = flight.script();
        let around = |where_: &str| format!("{}, {where_} its statements", script.file);
        match part {
            Part::Statement(step) => {
                let own_timeout = flight.own_timeout(step);
                Self { own_timeout, ..Self::of(script, flight.statement(step), error) }
            }
            Part::Opening => Self::around(script, around("before"), error),
            Part::Closing => Self::around(script, around("at the end of"), error),
        }
    }

    fn around(script: Named<'_>, place: String, error: ServerError) -> Self {
        let evidence = Evidence {
            file: script.file.to_owned(),
            place: None,
            sqlstate: error.sqlstate.clone(),
            excerpt: None,
            rows: None,
            found: Vec::new(),
            help: Vec::new(),
        };
        Self { place, shown: None, error, is_scripts_own: false, own_timeout: None, evidence }
    }

    fn of(script: Named<'_>, statement: &Statement, error: ServerError) -> Self {
        let sql = &script.text[statement.range.clone()];
        let within = error.position.map(|position| place::char_offset_to_byte(sql, position as usize));
        let at = place::locate(script.text, statement.range.start + within.unwrap_or(0));
        let place = format!("{}:{}:{}", script.file, at.line, at.column);
        let error = error.map_texts(|text| scrubbed(text, sql, statement.secrecy));
        let excerpt = excerpt(script.file, script.text, statement, within);
        let mut failed = Self::around(script, place, error);
        failed.is_scripts_own = sql.contains(&failed.error.message);
        failed.shown = Some(statement.shown.clone());
        failed.evidence.place = Some((at.line, at.column));
        failed.evidence.excerpt = Some(excerpt);
        failed
    }

    fn lines(&self) -> Vec<String> {
        let statement = self.shown.iter().map(|shown| format!("statement: {shown}"));
        [format!("SQLSTATE {}", self.error.sqlstate)].into_iter().chain(statement).collect()
    }

    /// What the server said beside its message.
    fn said(&self) -> Vec<String> {
        let error = &self.error;
        let context = error.context.as_deref().map(context_without_literals);
        let fields = [("detail", &error.detail), ("hint", &error.hint), ("context", &context)];
        fields.into_iter().filter_map(|(name, text)| Some(format!("{name}: {}", text.as_ref()?))).collect()
    }
}

impl Coded for ExecuteError {
    fn code(&self) -> Code {
        match self {
            Self::Statement(failed) => {
                let error = &failed.error;
                match statement_failure(&error.sqlstate, &error.message, error.schema.as_deref()) {
                    StatementFailure::Resources => Code::SERVER_RESOURCES,
                    StatementFailure::Privilege => Code::PRIVILEGE,
                    StatementFailure::Contention
                    | StatementFailure::ReadOnly
                    | StatementFailure::Shutdown
                    | StatementFailure::Cancelled
                    | StatementFailure::Wrong => Code::STATEMENT,
                }
            }
            Self::History(error) if error.sqlstate == "42501" => Code::PRIVILEGE,
            Self::History(_) => Code::STATEMENT,
            Self::Lost(_) => Code::CONNECTION_LOST,
            Self::Lock { .. } => Code::DDL_LOCK,
            Self::Shared(error) => error.code(),
            Self::InDoubt { .. } => Code::IN_DOUBT,
            Self::BegunChanged { .. } => Code::BEGUN_CHANGED,
            Self::OtherWay { .. } => Code::OTHER_WAY,
            Self::EndedItself { .. } => Code::ENDED_ITSELF,
            Self::Check { .. } => Code::CHECK,
            Self::NotEqual { .. } => Code::NOT_EQUAL,
            Self::Stopped { signal: Signal::Terminate, .. } => Code::TERMINATED,
            Self::Stopped { signal: Signal::Interrupt, .. } => Code::INTERRUPTED,
        }
    }

    fn public(&self) -> Option<String> {
        match self {
            Self::Statement(failed) if failed.is_scripts_own => None,
            Self::Statement(failed) => Some(format!("{}: {}", failed.place, failed.error.public()?)),
            Self::History(error) => Some(format!("the history could not be written: {}", error.public()?)),
            _ => None,
        }
    }

    fn details(&self) -> Vec<String> {
        let mut lines = self.failed().map(FailedStatement::lines).unwrap_or_default();
        match self {
            Self::Lock { blockers, tried, .. } => {
                lines.push(format!("tried for {} s; in the way when last seen:", tried.as_secs()));
                let nobody = || vec!["  nobody that an observer could see".to_owned()];
                let named: Vec<String> = blockers.iter().map(|blocker| format!("  {blocker}")).collect();
                lines.extend(if named.is_empty() { nobody() } else { named });
            }
            Self::Shared(error) => lines.extend(error.details()),
            Self::InDoubt { shown, .. } => lines.push(format!("statement: {shown}")),
            Self::Check { shown, .. } => lines.push(format!("statement: {shown}")),
            Self::NotEqual { lines: differences, .. } => lines.extend(differences.iter().cloned()),
            Self::Statement(_)
            | Self::BegunChanged { .. }
            | Self::EndedItself { .. }
            | Self::OtherWay { .. }
            | Self::History(_)
            | Self::Lost(_)
            | Self::Stopped { .. } => {}
        }
        lines
    }

    fn private(&self) -> Vec<String> {
        match self {
            Self::Check { rows, .. } => rows.iter().map(|row| format!("it returned: {row}")).collect(),
            _ => self.failed().map(FailedStatement::said).unwrap_or_default(),
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        self.failed().map(|failed| failed.evidence.clone())
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::Statement(failed) => match (failed.error.sqlstate.as_str(), failed.own_timeout) {
                ("57014", Some(line)) => Some(format!(
                    "raise or leave out the statement_timeout that line {line} of the script sets, or ask who cancelled it"
                )),
                ("57014", None) => {
                    Some("the statement was cancelled: by a person, or by LOCKGATE_STATEMENT_TIMEOUT".to_owned())
                }
                // The parameter's name is the same in every language.
                ("53200", _) if failed.error.hint.as_ref().is_some_and(|hint| hint.contains(MAX_LOCKS)) => {
                    Some(format!(
                        "this revision alone may need more locks than {MAX_LOCKS} allows: raise it, or split the revision"
                    ))
                }
                _ => None,
            },
            _ => None,
        }
    }
}
