//! Errors that keep a revision from being committed.

use std::time::Duration;

use super::activity::{describe, end_of};
use super::locks::LocksNeeded;
use super::message::Part;
use super::pipeline::Pipeline;
use super::stop::Signal;
use super::unexpected::Unexpected;
use super::{Table, There};
use crate::chain::text::Changed;
use crate::connect::{Row, ServerError};
use crate::failure::{Code, Coded, Evidence};
use crate::history;
use crate::lock::LockError;
use crate::pg::name::{QualifiedName, quote_ident};
use crate::pg::sqlstate::{StatementFailure, statement_failure};
use crate::plan::{Named, Planned};
use crate::progress::Session;
use crate::rows::Explanation;
use crate::sql::{Secrecy, context_without_literals, place, scrubbed};
use crate::statement::{Statement, excerpt};

#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    #[error("{}: {}", .0.place, .0.error.message)]
    Statement(Box<FailedStatement>),
    #[error("{}: {}: a lock could not be won", .failed.place, .failed.error.message)]
    Lock { failed: Box<FailedStatement>, blockers: Vec<Session>, tried: Duration },
    #[error(transparent)]
    Shared(LockError),
    #[error("{file}:{line}: nobody can tell whether this statement ran")]
    InDoubt { file: String, line: usize, shown: String },
    #[error("{file} was changed after {because}")]
    BegunChanged { file: String, because: String },
    #[error("{file}: {changed}")]
    Changed { file: String, changed: Changed },
    #[error("{id} is half {}", if *down { "taken back" } else { "applied" })]
    OtherWay { id: String, down: bool },
    #[error("the history table {} could not be {}: {}", .0.table, if .0.is_made { "made" } else { "written" }, .0.error)]
    History(Box<FailedHistory>),
    #[error("a question of lockgate's own to the catalog was refused: {0}")]
    Asking(ServerError),
    #[error("the connection broke: {0}")]
    Lost(String),
    #[error("{file} ended its transaction itself: what it did before that is in force, and nothing is recorded")]
    EndedItself { file: String },
    #[error("{place}: the check \"{name}\" does not hold")]
    Check { place: String, name: String, shown: String, rows: Vec<String> },
    #[error("{}", .0.told())]
    Unexpected(Box<Unexpected>),
    #[error("{file}: the schema would not be what a fresh database has")]
    NotEqual { file: String, lines: Vec<String> },
    #[error("stopped {}", at.words(revision))]
    Stopped { signal: Signal, revision: String, at: StoppedAt },
}

/// The progress of a revision when a signal ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoppedAt {
    /// It had not begun.
    Before,
    /// In a transaction.
    Transaction,
    /// In a statement outside any transaction.
    Alone,
    /// As [`Self::Alone`], while building an index.
    Build,
}

impl StoppedAt {
    fn words(self, revision: &str) -> String {
        let remains = match self {
            Self::Before => return format!("before {revision} was begun"),
            Self::Transaction => "what was not committed of it was rolled back",
            Self::Alone => {
                "a statement outside a transaction was cancelled; the next run asks the catalog what it left"
            }
            Self::Build => "its index may be left INVALID; the next run drops it and builds it again",
        };
        format!("while {revision} was under way: {remains}")
    }
}

/// A statement of lockgate's own on its history that the server refused.
#[derive(Debug)]
pub struct FailedHistory {
    table: QualifiedName,
    role: String,
    schema_is_there: bool,
    is_made: bool,
    error: ServerError,
}

/// A statement of a script that the server refused.
#[derive(Debug)]
pub struct FailedStatement {
    /// `0006_add_rate_limiting.sql:12:5`.
    pub place: String,
    /// The statement, without secrets.
    pub shown: Option<String>,
    /// The server's error, without the statement's own secrets.
    pub error: ServerError,
    /// True if the server's message is in the script word for word (RAISE), so it contains no value of a row.
    pub is_scripts_own: bool,
    /// The line of the script that set the statement_timeout for it.
    pub own_timeout: Option<usize>,
    /// The number of locks, if the lock table was full.
    pub locks: Option<LocksNeeded>,
    pub evidence: Evidence,
}

impl ExecuteError {
    pub(super) fn statement(pipeline: &Pipeline<'_>, part: Part, error: ServerError) -> Self {
        Self::Statement(Box::new(FailedStatement::new(pipeline, part, error)))
    }

    pub(super) fn lock(
        pipeline: &Pipeline<'_>,
        part: Part,
        error: ServerError,
        blockers: Vec<Session>,
        tried: Duration,
    ) -> Self {
        Self::Lock { failed: Box::new(FailedStatement::new(pipeline, part, error)), blockers, tried }
    }

    /// The error of a statement that ran outside a transaction.
    pub(super) fn alone(planned: &Planned, script: Named<'_>, step: usize, error: ServerError) -> Self {
        let failed = FailedStatement::of(script, &planned.steps[step].statement, error);
        Self::Statement(Box::new(FailedStatement { own_timeout: planned.own_timeout(step), ..failed }))
    }

    pub(super) fn with_locks(mut self, needed: Option<LocksNeeded>) -> Self {
        if let Self::Statement(failed) = &mut self {
            failed.locks = needed;
        }
        self
    }

    /// A check that failed, with the first rows that it returned.
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
            shown: statement.shown(script.text),
            rows: shown,
        }
    }

    /// The same if other sessions blocked it until the end.
    pub(super) fn lock_alone(
        script: Named<'_>,
        statement: &Statement,
        error: ServerError,
        blockers: Vec<Session>,
        tried: Duration,
    ) -> Self {
        Self::Lock { failed: Box::new(FailedStatement::of(script, statement, error)), blockers, tried }
    }

    /// A signal ended a transaction.
    pub(super) fn stopped(pipeline: &Pipeline<'_>, signal: Signal) -> Self {
        Self::stopped_within(pipeline.script().id, signal)
    }

    pub(super) fn stopped_within(revision: &str, signal: Signal) -> Self {
        Self::Stopped { signal, revision: revision.to_owned(), at: StoppedAt::Transaction }
    }

    /// A signal came before a revision began.
    pub(super) fn stopped_before(revision: &str, signal: Signal) -> Self {
        Self::Stopped { signal, revision: revision.to_owned(), at: StoppedAt::Before }
    }

    /// `is_made`: true if the table was to be created, false if a row was to be written.
    pub(super) fn history(table: &Table, is_made: bool, error: ServerError) -> Self {
        let Table { name, role, there, .. } = table.clone();
        let schema_is_there = there != There::Nothing;
        Self::History(Box::new(FailedHistory { table: name, role, schema_is_there, is_made, error }))
    }

    pub(super) fn asking(error: ServerError) -> Self {
        Self::Asking(error)
    }

    pub(super) fn is_before_its_revision(&self) -> bool {
        matches!(self, Self::Stopped { at: StoppedAt::Before, .. })
    }

    /// True if the history completely describes the remains of its revision.
    pub(super) fn leaves_what_is_recorded(&self) -> bool {
        !matches!(
            self,
            Self::EndedItself { .. }
                | Self::InDoubt { .. }
                | Self::Stopped { at: StoppedAt::Before | StoppedAt::Alone | StoppedAt::Build, .. }
        )
    }

    /// True if it concerns a revision, and not the session or the file.
    pub(super) fn is_of_a_revision(&self) -> bool {
        !matches!(
            self,
            Self::Shared(_) | Self::Lost(_) | Self::BegunChanged { .. } | Self::Changed { .. } | Self::OtherWay { .. }
        )
    }

    /// True if the object of the statement's wait is worth knowing: its time was up, or it was cancelled.
    pub(super) fn is_of_a_wait(&self) -> bool {
        match self {
            Self::Stopped { at, .. } => *at != StoppedAt::Before,
            Self::Statement(failed) => failed.error.sqlstate == "57014",
            _ => false,
        }
    }

    /// The guard failed: another backend answers.
    pub(super) fn moved(session: &crate::connect::Session) -> Self {
        let evidence = "the server session changed between two transactions: a transaction pooler stands between";
        Self::Shared(LockError::SharedSession { address: session.address.clone(), evidence })
    }

    /// Adds the explanation by rows; `sql` is the SQL that was sent.
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
            | Self::Changed { .. }
            | Self::EndedItself { .. }
            | Self::OtherWay { .. }
            | Self::History(_)
            | Self::Asking(_)
            | Self::Lost(_)
            | Self::Check { .. }
            | Self::Unexpected(_)
            | Self::NotEqual { .. }
            | Self::Stopped { .. } => None,
        }
    }
}

impl FailedStatement {
    fn new(pipeline: &Pipeline<'_>, part: Part, error: ServerError) -> Self {
        let script = pipeline.script();
        let around = |where_: &str| format!("{}, {where_} its statements", script.file);
        match part {
            Part::Statement(step) => {
                let own_timeout = pipeline.own_timeout(step);
                let refused = pipeline.refused(step);
                let script = refused.as_ref().map_or(script, |refused| refused.script(script));
                Self { own_timeout, ..Self::of(script, &pipeline.statement(step), error) }
            }
            Part::Opening | Part::History | Part::Beside => Self::around(script, around("before"), error),
            Part::Taken | Part::Settling | Part::Closing => Self::around(script, around("at the end of"), error),
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
        Self { place, shown: None, error, is_scripts_own: false, own_timeout: None, locks: None, evidence }
    }

    fn of(script: Named<'_>, statement: &Statement, error: ServerError) -> Self {
        let sql = statement.sql(script.text);
        // A COPY is sent as an INSERT, whose positions are not the script's.
        let position = error.position.filter(|_| statement.sent.is_none());
        let within = position.map(|position| place::char_offset_to_byte(sql, position as usize));
        let (text, in_file, within) = script.in_file(statement, within);
        let at = place::locate(text, in_file.range.start + within.unwrap_or(0));
        let place = format!("{}:{}:{}", script.file, at.line, at.column);
        let error = error.map_texts(|text| scrubbed(text, sql, statement.secrecy));
        let excerpt = excerpt(script.file, text, &in_file, within);
        let mut failed = Self::around(script, place, error);
        failed.is_scripts_own = sql.contains(&failed.error.message);
        failed.shown = Some(statement.shown(script.text));
        failed.evidence.place = Some((at.line, at.column));
        failed.evidence.excerpt = Some(excerpt);
        failed
    }

    fn lines(&self) -> Vec<String> {
        let statement = self.shown.iter().map(|shown| format!("statement: {shown}"));
        [format!("SQLSTATE {}", self.error.sqlstate)].into_iter().chain(statement).collect()
    }
}

/// The server's details beside its message.
fn said(error: &ServerError) -> Vec<String> {
    let context = error.context.as_deref().map(context_without_literals);
    let fields = [("detail", &error.detail), ("hint", &error.hint), ("context", &context)];
    fields.into_iter().filter_map(|(name, text)| Some(format!("{name}: {}", text.as_ref()?))).collect()
}

fn refused(error: &ServerError) -> Code {
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

impl FailedHistory {
    fn statement(&self) -> String {
        match (self.is_made, self.schema_is_there) {
            (true, true) => format!("CREATE TABLE {}", self.table),
            (true, false) => format!("CREATE SCHEMA {}; CREATE TABLE {}", self.table.schema, self.table),
            (false, _) => format!("a row of {}", self.table),
        }
    }

    fn next(&self) -> String {
        let role = quote_ident(&self.role);
        match (self.error.sqlstate.as_str(), self.is_made, self.schema_is_there) {
            // Only the check of an earlier version's table needs ownership.
            ("42501", false, _) if self.error.message.starts_with("must be owner") => {
                let check = format!("{}_kind_check", self.table.name);
                format!("once, as the table's owner: {};", history::widen(&self.table, &check))
            }
            ("42501", false, _) => {
                format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {role};", self.table.quoted())
            }
            ("42501", true, true) => {
                format!("GRANT CREATE ON SCHEMA {} TO {role};", quote_ident(&self.table.schema))
            }
            ("42501", true, false) => format!("let {role} create the schema {}, or make it", self.table.schema),
            _ => format!(
                "the statement is lockgate's own, not the script's: let what refused it (an event trigger, a trigger, a full \
                 disk) pass {}, and run again",
                self.statement()
            ),
        }
    }
}

impl Coded for ExecuteError {
    fn code(&self) -> Code {
        match self {
            Self::Statement(failed) => {
                let error = &failed.error;
                // Another attempt would need as many locks again.
                if failed.locks.is_some_and(LocksNeeded::is_revision_alone) { Code::STATEMENT } else { refused(error) }
            }
            Self::History(failed) => refused(&failed.error),
            Self::Asking(error) => refused(error),
            Self::Lost(_) => Code::CONNECTION_LOST,
            Self::Lock { .. } => Code::DDL_LOCK,
            Self::Shared(error) => error.code(),
            Self::InDoubt { .. } => Code::IN_DOUBT,
            Self::BegunChanged { .. } => Code::BEGUN_CHANGED,
            Self::Changed { .. } => Code::SCRIPT_REFUSED,
            Self::OtherWay { .. } => Code::OTHER_WAY,
            Self::EndedItself { .. } => Code::ENDED_ITSELF,
            Self::Check { .. } => Code::CHECK,
            Self::Unexpected(_) => Code::UNEXPECTED,
            Self::NotEqual { .. } => Code::NOT_EQUAL,
            Self::Stopped { signal, .. } => signal.code(),
        }
    }

    fn public(&self) -> Option<String> {
        match self {
            Self::Statement(failed) if failed.is_scripts_own => None,
            Self::Statement(failed) => Some(format!("{}: {}", failed.place, failed.error.public()?)),
            Self::History(failed) => {
                Some(format!("the history table {} was refused: {}", failed.table, failed.error.public()?))
            }
            Self::Asking(error) => {
                Some(format!("a question of lockgate's own to the catalog was refused: {}", error.public()?))
            }
            _ => None,
        }
    }

    fn details(&self) -> Vec<String> {
        let mut lines = self.failed().map(FailedStatement::lines).unwrap_or_default();
        match self {
            Self::Lock { blockers, tried, .. } => {
                lines.push(format!("tried for {} s; in the way when last seen:", tried.as_secs()));
                let nobody = || vec!["  nobody that an observer could see".to_owned()];
                let named: Vec<String> = blockers.iter().map(|blocker| format!("  {}", describe(blocker))).collect();
                lines.extend(if named.is_empty() { nobody() } else { named });
            }
            Self::Shared(error) => lines.extend(error.details()),
            Self::InDoubt { shown, .. } => lines.push(format!("statement: {shown}")),
            Self::Check { shown, .. } => lines.push(format!("statement: {shown}")),
            Self::Unexpected(unexpected) => lines.extend(unexpected.details()),
            Self::NotEqual { lines: differences, .. } => lines.extend(differences.iter().cloned()),
            Self::Statement(_)
            | Self::BegunChanged { .. }
            | Self::Changed { .. }
            | Self::EndedItself { .. }
            | Self::OtherWay { .. }
            | Self::Asking(_)
            | Self::Lost(_)
            | Self::Stopped { .. } => {}
            Self::History(failed) => lines.push(format!("statement: {}, of lockgate's own", failed.statement())),
        }
        lines
    }

    fn private(&self) -> Vec<String> {
        match self {
            Self::Check { rows, .. } => rows.iter().map(|row| format!("it returned: {row}")).collect(),
            Self::History(failed) => said(&failed.error),
            Self::Asking(error) => said(error),
            _ => self.failed().map(|failed| said(&failed.error)).unwrap_or_default(),
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
                _ => failed.locks.map(LocksNeeded::advice),
            },
            Self::Lock { blockers, .. } if !blockers.is_empty() => Some(format!(
                "{}, or run at a quieter time; LOCKGATE_DDL_LOCK_TIMEOUT and LOCKGATE_DDL_LOCK_RETRY_FOR set the patience",
                blockers.iter().map(end_of).collect::<Vec<_>>().join("; ")
            )),
            Self::History(failed) => Some(failed.next()),
            Self::Unexpected(unexpected) => unexpected.next(),
            Self::Asking(_) => Some(
                "the question is lockgate's own, not the script's: let what the server names pass it, and run again"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}
