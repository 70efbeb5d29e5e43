//! The holder of the lock.

use std::fmt;

use super::{Ask, LockKey};
use crate::connect::{Message, Row, Session as ServerSession};
use crate::progress::Session;

/// The session that holds the lock, as far as our role may see it: another role's `pg_stat_activity` row is empty without
/// `pg_read_all_stats` (PostgreSQL documentation 28.2.3).
#[derive(Clone, Debug)]
pub struct Holder {
    pub session: Session,
    our_role: String,
    /// Seconds since it began its present activity, or became idle.
    state_seconds: Option<f64>,
}

impl LockKey {
    /// The query for the holder of the lock, whose answer [`Holder::read`] reads.
    pub fn holder_question(self) -> String {
        format!(
            "SELECT a.pid, a.usename, nullif(a.application_name, ''), a.client_addr::text, a.state, \
             extract(epoch FROM pg_catalog.clock_timestamp() - a.backend_start)::text, current_user, \
             extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change)::text \
             FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
             WHERE l.granted AND {}",
            self.in_pg_locks()
        )
    }
}

impl Holder {
    pub fn read(rows: &[Row]) -> Option<Self> {
        let row = rows.first()?;
        let column = |at: usize| row.get(at).cloned().flatten();
        let session = Session {
            pid: column(0)?.parse().ok()?,
            user: column(1),
            application: column(2),
            client: column(3),
            state: column(4),
            age_seconds: column(5).and_then(|age| age.parse().ok()),
            ..Session::default()
        };
        let state_seconds = column(7).and_then(|age| age.parse().ok());
        Some(Self { session, our_role: column(6).unwrap_or_default(), state_seconds })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let session = &self.session;
        write!(f, "held by pid {}", session.pid)?;
        if let Some(application) = &session.application {
            write!(f, " ({application})")?;
        }
        if let Some(client) = &session.client {
            write!(f, " from {client}")?;
        }
        match session.age_seconds {
            Some(age) => write!(f, ", connected for {age:.0} s")?,
            None => return write!(f, "; to see more: GRANT pg_read_all_stats TO {}", self.our_role),
        }
        let (Some(state), Some(seconds)) = (&session.state, self.state_seconds) else { return Ok(()) };
        write!(f, ", {state} for {seconds:.0} s")?;
        // A gate at work is never idle for long.
        if state.starts_with("idle") && seconds >= STUCK {
            write!(f, "; if it is stuck, SELECT pg_terminate_backend({}) ends it", session.pid)?;
        }
        Ok(())
    }
}

const STUCK: f64 = 30.0;

/// Queries the holder, and shows it in the progress.
pub(super) async fn ask(ask: &Ask<'_>, session: &ServerSession) -> Option<String> {
    let rows = session.ask(&[Message::own(ask.key.holder_question())]).await.pop()?.ok()?;
    let holder = Holder::read(&rows)?;
    let text = holder.to_string();
    ask.progress.update(|known| known.lock_holder = Some(holder.session));
    Some(text)
}
