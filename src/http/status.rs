//! `/status`: all that is known of the run, as JSON.
//!
//! What another session runs is not shown here, nor the details of a failure: both may hold SQL with data in it, and
//! whoever reaches the port may read this.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::failure::Failure;
use crate::progress::{Known, Note, Progress, Running, Session};

#[derive(Serialize)]
struct Status<'a> {
    version: &'static str,
    phase: &'static str,
    ready: bool,
    stopping: bool,
    waiting_for: Option<&'a str>,
    head: Option<&'a str>,
    current: Option<&'a str>,
    applied: usize,
    pending: &'a [String],
    ahead: usize,
    running: Option<Statement<'a>>,
    lock_holder: Option<Other<'a>>,
    blockers: Vec<Other<'a>>,
    verdicts: &'a BTreeMap<&'static str, u64>,
    /// The verdicts of each revision of this run.
    revisions: &'a BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// What this run did otherwise than as written, and why.
    notes: &'a [Note],
    /// Optional statements that are still to apply.
    skipped: &'a [Note],
    /// Since the phase was entered.
    phase_seconds: f64,
    uptime_seconds: f64,
    /// Seconds since the epoch.
    opened_at: Option<f64>,
    failure: Option<Told<'a>>,
}

#[derive(Serialize)]
struct Statement<'a> {
    revision: &'a str,
    file: &'a str,
    line: usize,
    /// Which of the revision's statements it is, from 1.
    statement: usize,
    statements: usize,
    text: &'a str,
    seconds: f64,
    waits_for: Option<&'a str>,
    /// From 0 to 1, where the server counts it.
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
    message: &'a str,
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

impl<'a> From<&'a Failure> for Told<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self { code: failure.code.to_string(), class: failure.class().word(), message: failure.public() }
    }
}

impl<'a> From<&'a Known> for Status<'a> {
    fn from(known: &'a Known) -> Self {
        let opened = known.opened_at.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Self {
            version: env!("CARGO_PKG_VERSION"),
            phase: known.phase.word(),
            ready: known.ready(),
            stopping: known.stopping,
            waiting_for: known.waiting_for.as_deref(),
            head: known.head.as_deref(),
            current: known.current.as_deref(),
            applied: known.applied,
            pending: &known.pending,
            ahead: known.ahead,
            running: known.running.as_ref().map(Statement::from),
            lock_holder: known.lock_holder.as_ref().map(Other::from),
            blockers: known.blockers.iter().map(Other::from).collect(),
            verdicts: &known.verdicts,
            revisions: &known.revisions,
            notes: &known.notes,
            skipped: &known.skipped,
            phase_seconds: known.phase_age().as_secs_f64(),
            uptime_seconds: known.started.elapsed().as_secs_f64(),
            opened_at: opened.map(|since| since.as_secs_f64()),
            failure: known.failure.as_ref().map(Told::from),
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
