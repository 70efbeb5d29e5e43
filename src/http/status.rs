//! `/status`: the known facts of the run, as JSON.
//!
//! Queries of other sessions are not shown here, nor the details of a failure: both may contain SQL with data, and everyone who
//! can reach the port may read this.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::progress::{Event, Known, Note, Progress, Running, Schema, Session, Trouble};

#[derive(Serialize)]
struct Status<'a> {
    version: &'static str,
    phase: &'static str,
    ready: bool,
    stopping: bool,
    waiting_for: Option<&'a str>,
    head: Option<&'a str>,
    current: Option<&'a str>,
    /// Null before the history was read, as are `pending` and `ahead`.
    applied: Option<usize>,
    pending: Option<&'a [String]>,
    ahead: Option<usize>,
    ahead_revisions: &'a [String],
    /// The time at which the history was last read, in seconds since the epoch, and the seconds since then.
    as_of: Option<f64>,
    as_of_seconds: Option<f64>,
    /// The INVALID indexes in the schemas of the chain; null if the catalog has not been read.
    invalid_indexes: Option<&'a [String]>,
    /// The comparison of the schema with the snapshot, if this run made one.
    schema: Option<Verified<'a>>,
    running: Option<Statement<'a>>,
    lock_holder: Option<Other<'a>>,
    blockers: Vec<Other<'a>>,
    verdicts: &'a BTreeMap<&'static str, u64>,
    /// The verdicts of each revision of this run.
    revisions: &'a BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// The actions of this run that differ from the script, with reasons.
    notes: &'a [Note],
    /// Optional statements that are still skipped.
    skipped: &'a [Note],
    /// Seconds since the phase was entered.
    phase_seconds: f64,
    uptime_seconds: f64,
    /// Seconds since the epoch.
    opened_at: Option<f64>,
    failure: Option<Told<'a>>,
    /// The newest failure of any run on this history, as last read.
    last_failure: Option<Past<'a>>,
}

#[derive(Serialize)]
struct Verified<'a> {
    /// Seconds since the epoch.
    at: f64,
    missing: usize,
    different: usize,
    unexpected: usize,
    unproved: usize,
    not_verified: &'a [String],
    /// The first of the differences.
    objects: &'a [String],
}

impl<'a> From<&'a Schema> for Verified<'a> {
    fn from(schema: &'a Schema) -> Self {
        let Schema { at, missing, different, unexpected, unproved, unread, objects, drift: _, fingerprint: _ } = schema;
        Self {
            at: epoch(*at),
            missing: *missing,
            different: *different,
            unexpected: *unexpected,
            unproved: *unproved,
            not_verified: unread,
            objects,
        }
    }
}

#[derive(Serialize)]
struct Statement<'a> {
    revision: &'a str,
    file: &'a str,
    line: usize,
    /// The index of the statement in its revision, from 1.
    statement: usize,
    statements: usize,
    text: &'a str,
    seconds: f64,
    waits_for: Option<&'a str>,
    /// From 0 to 1; null if the server does not report it.
    progress: Option<f64>,
}

#[derive(Serialize)]
struct Other<'a> {
    pid: i32,
    user: Option<&'a str>,
    application: Option<&'a str>,
    client: Option<&'a str>,
    age_seconds: Option<f64>,
    /// The name of a prepared transaction, as a literal; it has no process.
    #[serde(skip_serializing_if = "Option::is_none")]
    prepared: Option<&'a str>,
}

#[derive(Serialize)]
struct Told<'a> {
    code: String,
    class: &'static str,
    exit: u8,
    message: &'a str,
    causes: &'a [String],
    next: &'a str,
    /// Seconds since the epoch.
    since: f64,
}

#[derive(Serialize)]
struct Past<'a> {
    code: Option<&'a str>,
    sqlstate: Option<&'a str>,
    revision: Option<&'a str>,
    message: &'a str,
    at: &'a str,
    first_at: &'a str,
    count: u64,
    application: &'a str,
}

impl<'a> From<&'a Event> for Past<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            code: event.code.as_deref(),
            sqlstate: event.sqlstate.as_deref(),
            revision: event.revision.as_deref(),
            message: &event.message,
            at: &event.at,
            first_at: &event.first_at,
            count: event.count,
            application: &event.application,
        }
    }
}

impl<'a> From<&'a Running> for Statement<'a> {
    fn from(running: &'a Running) -> Self {
        let Running { revision, file, line, text, place: (statement, statements), since, waits_for, progress, .. } =
            running;
        Self {
            revision,
            file,
            line: *line,
            statement: *statement,
            statements: *statements,
            text,
            seconds: since.elapsed().as_secs_f64(),
            waits_for: waits_for.as_deref(),
            progress: *progress,
        }
    }
}

impl<'a> From<&'a Session> for Other<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            pid: session.pid,
            user: session.user.as_deref(),
            application: session.application.as_deref(),
            client: session.client.as_deref(),
            age_seconds: session.age_seconds,
            prepared: session.prepared.as_ref().map(|(name, _)| name.as_str()),
        }
    }
}

impl<'a> From<&'a Trouble> for Told<'a> {
    fn from(Trouble { failure, since }: &'a Trouble) -> Self {
        // The public sentence replaces its causes too.
        let causes = if failure.guarded.public.is_none() { failure.causes.as_slice() } else { &[] };
        Self {
            code: failure.code.to_string(),
            class: failure.class().word(),
            exit: failure.exit().code(),
            message: failure.public(),
            causes,
            next: &failure.next,
            since: epoch(*since),
        }
    }
}

/// Seconds since the epoch. A clock before 1970 counts as 0.
fn epoch(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

impl<'a> From<&'a Known> for Status<'a> {
    fn from(known: &'a Known) -> Self {
        let is_seen = known.as_of.is_some();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            phase: known.phase.word(),
            ready: known.ready(),
            stopping: known.stopping,
            waiting_for: known.waiting_for.as_deref(),
            head: known.head.as_deref(),
            current: known.current.as_deref(),
            applied: is_seen.then_some(known.applied),
            pending: (is_seen || !known.pending.is_empty()).then_some(&known.pending),
            ahead: is_seen.then_some(known.ahead.len()),
            ahead_revisions: &known.ahead,
            as_of: known.as_of.map(epoch),
            as_of_seconds: known.as_of.map(|at| at.elapsed().unwrap_or_default().as_secs_f64()),
            invalid_indexes: known.invalid_indexes.as_deref(),
            schema: known.schema.as_ref().map(Verified::from),
            running: known.running.as_ref().map(Statement::from),
            lock_holder: known.lock_holder.as_ref().map(Other::from),
            blockers: known.blockers.iter().map(Other::from).collect(),
            verdicts: &known.verdicts,
            revisions: &known.revisions,
            notes: &known.notes,
            skipped: &known.skipped,
            phase_seconds: known.phase_age().as_secs_f64(),
            uptime_seconds: known.started.elapsed().as_secs_f64(),
            opened_at: known.opened_at.map(epoch),
            failure: known.trouble.as_ref().map(Told::from),
            last_failure: known.last_failure.as_ref().map(Past::from),
        }
    }
}

pub async fn show(State(progress): State<Progress>) -> Response {
    match progress.look(|known| serde_json::to_vec(&Status::from(known))) {
        Ok(body) => ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "the status cannot be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
