//! A revision that others are in the way of is rolled back and flown again, until it lands or patience ends.

use std::time::{Duration, Instant};

use super::flight::{Flight, Landing, Part};
use super::{Context, ExecuteError, Trouble, words};
use crate::connect::Pauses;
use crate::lock::{GUARD_SQLSTATE, Held};
use crate::pg::sqlstate::{StatementFailure, statement_failure};
use crate::progress::Session;

/// invalid_savepoint_specification, and no_active_sql_transaction.
const MARK_IS_GONE: [&str; 2] = ["3B001", "25P01"];

/// `settings` are lockgate's own SETs, which a rollback takes back.
pub(super) async fn until_landed(
    held: &Held,
    flight: &Flight<'_>,
    settings: &str,
    cx: &Context<'_>,
) -> Result<Landing, ExecuteError> {
    let began = Instant::now();
    let mut pauses = Pauses::new(Duration::from_millis(200), Duration::from_secs(15), 2.0);
    loop {
        let flown = cx.stop.cancelling(&held.session().canceller(), cx.patience.grace, flight.fly(held)).await;
        let trouble = match flown {
            Err(signal) => return Err(ExecuteError::Stopped { signal, revision: flight.script().id.to_owned() }),
            Ok(Ok(())) => return Ok(Landing::Committed),
            Ok(Err(trouble)) => trouble,
        };
        let (part, error) = match trouble {
            Trouble::Lost(because) => return Ok(Landing::Interrupted(because)),
            Trouble::Server { part, error } => (part, error),
        };
        if part == Part::Opening && error.sqlstate == GUARD_SQLSTATE {
            return Err(ExecuteError::moved(held.session()));
        }
        // The transaction stands there, refused; where COMMIT itself failed it is gone, and this does nothing. The guard has passed, so the session is
        // ours: the SETs hold through the pause as well, in which a role's idle_session_timeout would end it.
        let _ = held.session().ask(&[words::ROLLBACK, settings]).await;
        if part == Part::Closing && MARK_IS_GONE.contains(&error.sqlstate.as_str()) {
            return Err(ExecuteError::EndedItself { file: flight.script().file.to_owned() });
        }
        match statement_failure(&error.sqlstate, &error.message, error.schema.as_deref()) {
            StatementFailure::Contention => {}
            StatementFailure::ReadOnly | StatementFailure::Shutdown => {
                return Ok(Landing::Interrupted(error.to_string()));
            }
            StatementFailure::Cancelled
            | StatementFailure::Resources
            | StatementFailure::Privilege
            | StatementFailure::Wrong => return Err(ExecuteError::statement(flight, part, error)),
        }
        cx.progress.metrics.ddl_lock_timeout();
        let blockers = blockers(cx);
        if began.elapsed() >= cx.patience.ddl_lock_retry_for {
            return Err(ExecuteError::lock(flight, part, error, blockers, began.elapsed()));
        }
        let left = cx.patience.ddl_lock_retry_for.saturating_sub(began.elapsed());
        let pause = pauses.grow().min(left);
        say(flight, part, &error.message, &blockers, pause);
        if let Some(signal) = cx.stop.within(pause).await {
            return Err(ExecuteError::Stopped { signal, revision: flight.script().id.to_owned() });
        }
    }
}

/// Who was in the way, as the watch last saw it.
fn blockers(cx: &Context<'_>) -> Vec<String> {
    cx.progress.read().blockers.iter().map(describe).collect()
}

pub(super) fn describe(session: &Session) -> String {
    let mut text = format!("pid {}", session.pid);
    let mut add = |name: &str, value: &Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!(", {name}{value}"));
        }
    };
    add("role ", &session.user);
    add("", &session.application);
    add("from ", &session.client);
    add("", &session.state);
    if let Some(age) = session.age_seconds {
        text.push_str(&format!(", transaction open for {age:.0} s"));
    }
    if let Some(query) = &session.query {
        text.push_str(&format!(": {query}"));
    }
    text
}

fn say(flight: &Flight<'_>, part: Part, message: &str, blockers: &[String], pause: Duration) {
    let line = if let Part::Statement(step) = part { flight.statement(step).line } else { 0 };
    let blockers = if blockers.is_empty() { "not seen".to_owned() } else { blockers.join("; ") };
    tracing::warn!(
        file = flight.script().file,
        line,
        again_in = pause.as_secs_f32(),
        "{message}; rolled back, will try again; in the way: {blockers}"
    );
}
