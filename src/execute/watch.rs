//! A watch beside the locked session: who blocks a statement that takes long.

use std::time::{Duration, Instant};

use super::Context;
use super::retry::describe;
use crate::connect::{Message, Observation, Observers, Row};
use crate::progress::{Progress, Session};

/// Looks as long as it lives.
pub struct Watch(tokio::task::JoinHandle<()>);

impl Watch {
    pub fn start(cx: &Context<'_>, backend: i32) -> Self {
        let (observers, progress) = (cx.observers.clone(), cx.progress.clone());
        // Often enough to meet a statement that queues for the whole of its lock timeout.
        let every = (cx.patience.ddl_lock_timeout / 4).clamp(Duration::from_millis(50), Duration::from_secs(1));
        Self(tokio::spawn(look(observers, progress, backend, every)))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

const SAY_AGAIN: Duration = Duration::from_secs(30);

/// A statement that has run for so long is asked after more rarely.
const LONG: Duration = Duration::from_secs(60);
const RARELY: Duration = Duration::from_secs(5);

async fn look(observers: Observers, progress: Progress, backend: i32, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut eye = Eye { observers, open: None, asked: None };
    let mut said: Option<(Instant, String)> = None;
    loop {
        ticks.tick().await;
        let Some(running) = progress.read().running.filter(|running| running.since.elapsed() >= every) else {
            continue;
        };
        let pause = if running.since.elapsed() < LONG { (every * 2).min(Duration::from_secs(1)) } else { RARELY };
        if !eye.is_due(pause) {
            continue;
        }
        let blockers = eye.blockers(backend).await.unwrap_or_default();
        if !blockers.is_empty() {
            progress.update(|known| known.blockers.clone_from(&blockers));
        }
        let text = match blockers.as_slice() {
            [] => "is running".to_owned(),
            blockers => format!("waits for {}", blockers.iter().map(describe).collect::<Vec<_>>().join("; ")),
        };
        let seconds = running.since.elapsed().as_secs();
        let old_news =
            said.as_ref().is_some_and(|(at, last)| at.elapsed() < SAY_AGAIN && (*last == text || seconds < 30));
        if !old_news && (seconds >= 30 || !blockers.is_empty()) {
            tracing::info!(file = running.file, line = running.line, seconds, "the statement {text}");
            said = Some((Instant::now(), text));
        }
    }
}

/// What pg_stat_activity shows of another role's session in place of its query (`pgstatfuncs.c` of PostgreSQL).
const HIDDEN: &str = "<insufficient privilege>";

/// One observer, kept while the run lasts: each new connection is a login, and a run of the password command.
struct Eye {
    observers: Observers,
    open: Option<Observation>,
    asked: Option<Instant>,
}

impl Eye {
    /// Whether it is time to ask. Where no connection can be had, one is not asked for more often than rarely.
    fn is_due(&self, pause: Duration) -> bool {
        let pause = if self.open.is_none() { RARELY } else { pause };
        // A tick may come a little early.
        self.asked.is_none_or(|asked| asked.elapsed() + TICK >= pause)
    }

    /// Who is in the way of the backend; none where nobody can be asked.
    async fn blockers(&mut self, backend: i32) -> Option<Vec<Session>> {
        self.asked = Some(Instant::now());
        if self.open.is_none() {
            self.open = self.observers.observe().await;
        }
        let rows = self.open.as_ref()?.ask(&Message::own(question(backend))).await;
        if rows.is_none() {
            // Ended by the server, or cut: the next question opens another.
            self.open = None;
        }
        Some(rows?.into_iter().filter_map(session).collect())
    }
}

const TICK: Duration = Duration::from_millis(10);

fn question(backend: i32) -> String {
    format!(
        "SELECT a.pid, a.usename, nullif(a.application_name, ''), a.client_addr::text, a.state, \
         extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::text, nullif(a.query, '{HIDDEN}'), \
         CASE a.query WHEN '{HIDDEN}' THEN pg_catalog.quote_ident(current_user) END \
         FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids({backend})) AS b(pid) \
         JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid"
    )
}

fn session(row: Row) -> Option<Session> {
    let mut columns = row.into_iter();
    Some(Session {
        pid: columns.next()??.parse().ok()?,
        user: columns.next()?,
        application: columns.next()?,
        client: columns.next()?,
        state: columns.next()?,
        age_seconds: columns.next()?.and_then(|age| age.parse().ok()),
        query: columns.next()?.map(|query| crate::sql::without_literals(&query)),
        hidden_from: columns.next()?,
    })
}
