//! Events that the history itself does not contain: failed runs, revisions that were rolled back by their down script or stamped.
//! They are in a small table beside it.
//!
//! The first run with an event creates the table, so a database without failures has none. It is trusted and written like the
//! history: inspected first, and not touched if another role created it.

use super::inquiry::{Look, Looked, Read, ServerState, Told, inquiry};
use super::{HistoryError, Trusted, each};
use crate::config::HistoryTable;
use crate::connect::{Answer, Message, SessionError};
use crate::failure::{Failure, text};
use crate::pg::name::{MAX_IDENTIFIER, QualifiedName, quote_ident, quote_literal};
use crate::progress::Event;

const CREATE: &str = include_str!("events.sql");
const OWN: &str = include_str!("own.sql");
const WRITE: &str = include_str!("event.sql");
const FORGET: &str = include_str!("forget.sql");
/// Events are not worth a longer wait.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '1s'";

/// The number of events that are kept, newest first.
pub const MOST: usize = 100;
/// The longest message with its details, in bytes: the size of a termination message.
const LONGEST: usize = 1024;

pub(super) const COLUMNS: &str = "h.revision, h.what, pg_catalog.to_char(h.at, 'YYYY-MM-DD HH24:MI:SSOF'), \
    pg_catalog.to_char(h.last_at, 'YYYY-MM-DD HH24:MI:SSOF'), h.count, h.code, h.sqlstate, h.message, h.details, h.written_by, \
    h.application, h.version, pg_catalog.to_char(pg_catalog.timezone('UTC'::pg_catalog.text, h.last_at), 'YYYY-MM-DD HH24:MI:SS.US')";

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Failed,
    Down,
    Stamped,
}

impl What {
    pub fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Down => "down",
            Self::Stamped => "stamped",
        }
    }
}

/// An event to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    pub what: What,
    pub revision: Option<String>,
    pub code: Option<String>,
    pub sqlstate: Option<String>,
    /// The message, without data from tables.
    pub message: String,
    pub details: Vec<String>,
}

impl Happening {
    /// The same event in characters that every encoding has.
    pub fn in_ascii(&self) -> Self {
        let plain = |text: &String| text.replace(|c: char| !c.is_ascii(), "?");
        Self {
            revision: self.revision.as_ref().map(plain),
            message: plain(&self.message),
            details: self.details.iter().map(plain).collect(),
            ..self.clone()
        }
    }

    /// A failure, with no more details than the termination message.
    pub fn failed(failure: &Failure, revision: Option<String>) -> Self {
        Self {
            what: What::Failed,
            revision,
            code: Some(failure.code.to_string()),
            sqlstate: failure.evidence.as_ref().map(|evidence| evidence.sqlstate.clone()),
            message: failure.told(),
            details: failure.details.clone(),
        }
    }
}

/// The table of events beside a trusted history.
#[derive(Clone, Debug)]
pub struct Events {
    table: HistoryTable,
    pub name: QualifiedName,
    /// Further roles that may own it: the owner of this history.
    owners: Vec<String>,
}

impl Events {
    /// None if the name would be too long: truncated, it could be another table's.
    pub fn beside(state: &ServerState, trusted_owners: &[String]) -> Option<Self> {
        let name = state.history.beside(format!("{}_events", state.history.name));
        let table = HistoryTable { schema: Some(name.schema.clone()), name: name.name.clone() };
        let owner = state.looked.as_ref().map(|looked| looked.owner.clone());
        let owners = trusted_owners.iter().cloned().chain(owner).collect();
        (name.name.len() <= MAX_IDENTIFIER).then_some(Self { table, name, owners })
    }

    /// The question that inspects the table and reads it.
    pub fn question(&self, read: Option<Read>) -> Message<'static> {
        inquiry(&self.table, Look::Full, read.as_slice(), None)
    }

    /// The answer to [`Self::question`].
    ///
    /// # Errors
    /// Outer: the connection broke. Inner: the table is not trusted or cannot be read.
    pub fn told(&self, answer: Answer) -> Result<Result<Told, HistoryError>, SessionError> {
        let trusted = Trusted { owners: &self.owners, only_reads: false };
        let told = Told::read(&self.table, trusted, answer)?;
        Ok(told.map_err(|error| match error {
            HistoryError::Untrusted { table, wrong, .. } => HistoryError::Events { table, wrong },
            error => error,
        }))
    }

    /// The newest failure in an answer to [`Self::question`] of [`Read::LastFailure`].
    ///
    /// # Errors
    /// The reason, in a sentence, why it is unknown.
    pub fn last_failure(&self, answer: Answer) -> Result<Option<Event>, String> {
        let told = self.told(answer).map_err(|lost| lost.to_string())?;
        let events = told.and_then(|told| told.events(Read::LastFailure));
        events.map(|mut events| events.pop()).map_err(|error| error.to_string())
    }

    /// Writes these events and deletes surplus ones. `looked` is the table as it was inspected; none means that it has to be
    /// created.
    pub fn writing(&self, looked: Option<&Looked>, happenings: &[Happening], application: &str) -> Message<'static> {
        let table = self.name.quoted();
        let (made, owner) = match looked {
            Some(looked) => (None, quote_literal(&quote_ident(&looked.owner))),
            None => (Some(CREATE.to_owned()), "quote_ident(current_user)".to_owned()),
        };
        let own = filled(OWN, &[("{owner}", owner), ("{name}", quote_literal(&table)), ("{table}", table.clone())]);
        let forget = FORGET.replace("{most}", &MOST.to_string());
        let around = |sql: String| sql.replace("{table}", &table);
        let mut parts = vec![LOCK_TIMEOUT.to_owned()];
        parts.extend(made.map(around));
        parts.push(own);
        parts.extend(happenings.iter().map(|happening| write(&table, happening, application)));
        parts.push(around(forget));
        Message::own(parts.join("; "))
    }
}

fn write(table: &str, happening: &Happening, application: &str) -> String {
    let Happening { what, revision, code, sqlstate, message, details } = happening;
    let message = text::cut(message, LONGEST / 2);
    let details = details.join("\n");
    let details = text::cut(&details, LONGEST.saturating_sub(message.len()));
    let literal = |value: Option<&str>| {
        let shown = value.map(|value| quote_literal(&text::lines(value)));
        format!("{}::text", shown.as_deref().unwrap_or("NULL"))
    };
    let values = [
        ("{table}", table.to_owned()),
        ("{what}", literal(Some(what.word()))),
        ("{revision}", literal(revision.as_deref())),
        ("{code}", literal(code.as_deref())),
        ("{sqlstate}", literal(sqlstate.as_deref())),
        ("{application}", literal(Some(application))),
        ("{version}", literal(Some(env!("CARGO_PKG_VERSION")))),
        ("{message}", literal(Some(&*message))),
        ("{details}", literal(Some(&*details).filter(|details| !details.is_empty()))),
    ];
    filled(WRITE, &values)
}

/// A template with its placeholders replaced, each once: a value that looks like a placeholder stays as it is.
fn filled(template: &str, values: &[(&str, String)]) -> String {
    let mut parts = template.split('{');
    let mut sql = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let place = values.iter().find_map(|(name, value)| Some((value, part.strip_prefix(&name[1..])?)));
        match place {
            Some((value, rest)) => sql.extend([value.as_str(), rest]),
            None => sql.extend(["{", part]),
        }
    }
    sql
}

impl Told {
    /// The answer to [`Read::Events`] or [`Read::LastFailure`], newest first; empty if the table is missing.
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn events(&self, read: Read) -> Result<Vec<Event>, HistoryError> {
        each(&self.state.history, self.rows_of(read), event)
    }
}

fn event(row: &[Option<String>]) -> Option<Event> {
    let text = |at: usize| row.get(at).cloned().flatten();
    Some(Event {
        revision: text(0),
        what: text(1)?,
        first_at: text(2)?,
        at: text(3)?,
        count: text(4)?.parse().ok()?,
        code: text(5),
        sqlstate: text(6),
        message: text(7)?,
        details: text(8).iter().flat_map(|details| details.lines()).map(str::to_owned).collect(),
        by: text(9)?,
        application: text(10)?,
        version: text(11)?,
        moment: text(12)?,
    })
}
