//! Reads the facts of a database: one query for each kind, in one read-only transaction.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::lines::{Lines, Sieve};
use super::{Snapshot, VerifyError};
use crate::catalog::{SCHEMAS, SETTINGS};
use crate::connect::{Message, Sent, Session, SessionError, session_settings};
use crate::object::{Fact, KINDS, Kind, Scope, question};
use crate::pg::name::{quote_array, quote_ident, quote_literal};
use crate::sql;

/// The facts to be read.
#[derive(Clone, Debug)]
pub struct Look {
    /// The schemas besides the home; none means all except the server's own.
    pub schemas: Option<Vec<String>>,
    /// The history's table, without its schema.
    pub history: String,
    pub privileges: bool,
}

/// The schema of a database.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The schemas besides the home that were read.
    pub schemas: Vec<String>,
    /// Sorted by kind and name.
    pub facts: Vec<Fact>,
    /// The relations that could not be read.
    pub unread: Vec<Unread>,
    /// True if owners and grants are facts too.
    pub privileges: bool,
    /// The number of facts that a snapshot's file has word for word, by kind; they are not in `facts`.
    pub equal: BTreeMap<&'static str, usize>,
}

/// A relation that another session has locked.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unread {
    pub relation: String,
    pub pid: Option<i32>,
    /// The statement of that session without its literals.
    pub statement: Option<String>,
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.relation)?;
        match (self.pid, &self.statement) {
            (Some(pid), Some(statement)) => write!(f, " (locked by pid {pid}: {statement})"),
            (Some(pid), None) => write!(f, " (locked by pid {pid})"),
            (None, _) => f.write_str(" (locked by a prepared transaction)"),
        }
    }
}

/// Limits the wait for a lock: an ALTER in progress must not block the reading, nor the reading the ALTER.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '1s'";

const LOCKED: &str = include_str!("locked.sql");

/// The number of attempts, each after another table was locked meanwhile.
const ATTEMPTS: usize = 4;

/// Reads all facts, except those of locked relations.
///
/// # Errors
/// The connection broke, the path names no schema, or the server refused a question.
pub async fn read(session: &Session, look: &Look) -> Result<Facts, VerifyError> {
    sieved((session, None), look, None).await.map(|(facts, _)| facts)
}

/// The same without the facts that a snapshot's file has word for word, and the snapshot without them too. A second session, if
/// given, reads in parallel.
///
/// # Errors
/// As [`read`], or a line of the file cannot be parsed: the error names `path`.
pub async fn sift(
    sessions: (&Session, Option<&Session>),
    look: &Look,
    (lines, path): (&Lines, &Path),
) -> Result<(Facts, Snapshot), VerifyError> {
    let (facts, rest) = sieved(sessions, look, Some(lines)).await?;
    let shape = |why| VerifyError::Shape { path: path.to_owned(), why };
    Ok((facts, rest.map_err(shape)?.unwrap_or_else(|| lines.head.clone())))
}

type Rest = Result<Option<Snapshot>, String>;

async fn sieved(
    (session, second): (&Session, Option<&Session>),
    look: &Look,
    lines: Option<&Lines>,
) -> Result<(Facts, Rest), VerifyError> {
    let failed = |error| VerifyError::of(&session.address, error);
    let mut locked: Vec<(String, Unread)> = Vec::new();
    for attempt in 1.. {
        let (scope, second) = begin_together((session, second), look, &locked).await?;
        let reading = Reading::new(&scope, Sieve::new(lines));
        let read = reading.by(session, second).await;
        let sieve = reading.sieve.into_inner().unwrap_or_else(PoisonError::into_inner);
        let rolled_back = session.send(&Message::control("ROLLBACK")).await.rows().await;
        match read {
            Err(VerifyError::Server { source, .. }) if source.sqlstate == "55P03" && attempt < ATTEMPTS => {
                let before = locked.len();
                locked = with_locked(session, &scope.home, locked).await.map_err(failed)?;
                // The lock is gone already, or of a kind that is not visible: read again.
                tracing::debug!(attempt, locked = locked.len(), before, "a definition is locked");
            }
            Err(error) => return Err(error),
            Ok(()) => {
                rolled_back.map_err(failed)?;
                let rest = sieve.rest();
                let Sieve { mut facts, equal, .. } = sieve;
                facts.sort_unstable_by(|a, b| (a.kind.word, &a.name).cmp(&(b.kind.word, &b.name)));
                let schemas = scope.schemas.into_iter().filter(|schema| *schema != scope.home).collect();
                let unread = locked.into_iter().map(|(_, unread)| unread).collect();
                return Ok((Facts { schemas, facts, unread, privileges: look.privileges, equal }, rest));
            }
        }
    }
    unreachable!("the last attempt returns")
}

/// Begins the transaction and determines the schemas.
pub(super) async fn begin(session: &Session, look: &Look, locked: &[(String, Unread)]) -> Result<Scope, VerifyError> {
    let failed = |error| VerifyError::of(&session.address, error);
    let home = format!("{}; SELECT pg_catalog.current_schema()", beginning(session, ""));
    let rows = session.send(&Message::control(home)).await.rows().await.map_err(failed)?;
    let Some(home) = rows.into_iter().find_map(|row| row.into_iter().next()?) else {
        return Err(VerifyError::NoSchema);
    };
    let only = look.schemas.iter().map(|schemas| {
        let names = schemas.iter().map(String::as_str).chain([home.as_str()]);
        format!(" AND n.nspname = ANY ({})", quote_array(names))
    });
    let sql: String = [SCHEMAS.to_owned()].into_iter().chain(only).collect();
    let rows = session.send(&Message::reading(&sql, "pg_catalog")).await.rows().await.map_err(failed)?;
    let schemas = rows.into_iter().filter_map(|row| row.into_iter().next()?).collect();
    let locked = locked.iter().map(|(oid, _)| oid.clone()).collect();
    Ok(Scope { home, schemas, history: look.history.clone(), locked, privileges: look.privileges })
}

/// The statements before the transaction's first query.
fn beginning(session: &Session, first: &str) -> String {
    let local = session_settings::local(session.server);
    format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {first}{local}; {LOCK_TIMEOUT}; {SETTINGS}")
}

/// Begins on both sessions, with the first one's transaction snapshot; only on the first if it may not export its snapshot, or if
/// the second is on another server.
async fn begin_together<'s>(
    (session, second): (&Session, Option<&'s Session>),
    look: &Look,
    locked: &[(String, Unread)],
) -> Result<(Scope, Option<&'s Session>), VerifyError> {
    let failed = |error| VerifyError::of(&session.address, error);
    let scope = begin(session, look, locked).await?;
    let Some(second) = second else { return Ok((scope, None)) };
    let rollback = || Message::control("ROLLBACK");
    let export = Message::control("SELECT pg_catalog.pg_export_snapshot()");
    let exported = session.send(&export).await.rows().await;
    let moment = exported.ok().and_then(|rows| rows.into_iter().find_map(|row| row.into_iter().next()?));
    let Some(moment) = moment else {
        tracing::debug!("what the first session sees cannot be exported: it reads alone");
        session.send(&rollback()).await.rows().await.map_err(failed)?;
        return Ok((begin(session, look, locked).await?, None));
    };
    let first = format!("SET TRANSACTION SNAPSHOT {}; ", quote_literal(&moment));
    if second.send(&Message::control(beginning(second, &first))).await.rows().await.is_ok() {
        return Ok((scope, Some(second)));
    }
    // The second session is optional: whatever happened to it, the first one reads everything.
    let _ = second.send(&rollback()).await.rows().await;
    Ok((scope, None))
}

/// The kinds with the most objects: they are read first, so two sessions finish together.
const LARGEST: [&str; 3] = ["column", "constraint", "index"];

/// A reading in progress.
struct Reading<'a> {
    scope: &'a Scope,
    sieve: Mutex<Sieve<'a>>,
    /// The kinds that are still to be read, last first.
    left: Mutex<Vec<&'static Kind>>,
}

impl<'a> Reading<'a> {
    fn new(scope: &'a Scope, sieve: Sieve<'a>) -> Self {
        let mut kinds = KINDS.to_vec();
        kinds.sort_by_key(|kind| LARGEST.iter().rev().position(|large| *large == kind.word).map_or(0, |at| at + 1));
        Self { scope, sieve: Mutex::new(sieve), left: Mutex::new(kinds) }
    }

    async fn by(&self, session: &Session, second: Option<&Session>) -> Result<(), VerifyError> {
        let beside = async {
            let Some(second) = second else { return Ok(()) };
            let read = self.on(second).await;
            let ended = second.send(&Message::control("ROLLBACK")).await.rows().await;
            read.and(ended.map(drop).map_err(|error| VerifyError::of(&second.address, error)))
        };
        let (first, beside) = tokio::join!(self.on(session), beside);
        first.and(beside)
    }

    /// While the answer for one kind is processed, the server prepares the next.
    async fn on(&self, session: &Session) -> Result<(), VerifyError> {
        let mut asked: Option<(&'static Kind, Sent)> = None;
        loop {
            let kind = held(&self.left).pop();
            let next = match kind {
                Some(kind) => Some((kind, self.ask(session, kind).await)),
                None => None,
            };
            let is_last = next.is_none();
            if let Some((kind, sent)) = std::mem::replace(&mut asked, next) {
                self.take(kind, sent, &session.address).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    async fn ask(&self, session: &Session, kind: &Kind) -> Sent {
        let sql = question(kind, self.scope, session.server);
        session.send(&Message::reading(&sql, &quote_ident(&self.scope.home))).await
    }

    /// Each row is converted to a fact as it arrives: a large schema is never in memory twice.
    async fn take(&self, kind: &'static Kind, sent: Sent, address: &str) -> Result<(), VerifyError> {
        let mut wrong = None;
        let end = sent.for_each(|row| match Fact::of_row(kind, row) {
            Ok(fact) => held(&self.sieve).take(fact),
            Err(error) => wrong = wrong.take().or(Some(error)),
        });
        end.await.map_err(|error| VerifyError::of(address, error))?;
        wrong.map_or(Ok(()), |error| Err(VerifyError::Fact(error)))
    }
}

/// Locks a mutex, which is never held across an await.
fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds the relations that are locked now.
async fn with_locked(
    session: &Session,
    home: &str,
    mut locked: Vec<(String, Unread)>,
) -> Result<Vec<(String, Unread)>, SessionError> {
    let sql = LOCKED.replace("{home}", &quote_literal(home));
    for row in session.send(&Message::own(sql)).await.rows().await? {
        let mut columns = row.into_iter();
        let mut column = || columns.next().flatten();
        let (Some(oid), relation, pid, statement) = (column(), column(), column(), column()) else { continue };
        if !locked.iter().any(|(known, _)| *known == oid) {
            let unread = Unread {
                relation: relation.unwrap_or_default(),
                pid: pid.and_then(|pid| pid.parse().ok()),
                statement: statement.map(|text| sql::without_literals(&text)).filter(|text| !text.is_empty()),
            };
            locked.push((oid, unread));
        }
    }
    Ok(locked)
}
