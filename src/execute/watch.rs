//! Watches the locked session: the activity of a slow statement, and the object of its wait.

use std::time::{Duration, Instant};

use super::Context;
use super::activity::{self, Sight, Work};
use crate::connect::{Message, Observation, Observers};
use crate::pg::version::ServerVersion;
use crate::progress::{Progress, Running};

/// Observes until it is dropped.
pub struct Watch(tokio::task::JoinHandle<()>);

impl Watch {
    pub fn start(cx: &Context<'_>, backend: i32, server: ServerVersion) -> Self {
        let (observers, progress) = (cx.observers.clone(), cx.progress.clone());
        // Often enough to notice a statement that queues for its whole lock timeout.
        let every = (cx.patience.ddl_lock_timeout.value / 4).clamp(Duration::from_millis(50), Duration::from_secs(1));
        let eye = Eye { observers, question: activity::question(backend, server), open: None, asked: None };
        Self(tokio::spawn(look(eye, progress, every)))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The time after which a statement is first reported; a blocked one is reported at once.
const FIRST: Duration = Duration::from_secs(3);
const SAY_AGAIN: Duration = Duration::from_secs(30);

/// The time after which a statement is observed less often.
const LONG: Duration = Duration::from_secs(60);
const RARELY: Duration = Duration::from_secs(5);

async fn look(mut eye: Eye, progress: Progress, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut mouth = Mouth::default();
    loop {
        ticks.tick().await;
        let running = progress.look(|known| known.running.clone());
        let Some(running) = running.filter(|running| running.since.elapsed() >= every) else { continue };
        let pause = if running.since.elapsed() < LONG { (every * 2).min(Duration::from_secs(1)) } else { RARELY };
        if !eye.is_due(pause) {
            continue;
        }
        let sight = eye.sight().await.unwrap_or_default();
        progress.update(|known| {
            if !sight.blockers.is_empty() {
                known.blockers.clone_from(&sight.blockers);
            }
            if let Some(shown) = known.running.as_mut().filter(|shown| shown.since == running.since) {
                shown.waits_for = sight.waits_for();
                shown.progress = sight.work.as_ref().and_then(|work| work.ratio);
            }
        });
        mouth.say(&running, &sight);
    }
}

/// The last report, and its statement.
#[derive(Default)]
struct Mouth {
    said: Option<(Instant, Instant, String)>,
}

impl Mouth {
    /// Reports news, and repeats the same after a while.
    fn say(&mut self, running: &Running, sight: &Sight) {
        let (age, cause) = (running.since.elapsed(), sight.cause());
        let is_due = match &self.said {
            Some((since, at, told)) if *since == running.since => {
                at.elapsed() >= SAY_AGAIN || (*told != cause && sight.is_held_up() && at.elapsed() >= FIRST)
            }
            // Each attempt at the same statement would give the same report.
            Some((_, at, told)) if *told == cause && sight.is_held_up() => at.elapsed() >= SAY_AGAIN,
            _ => sight.is_held_up() || age >= FIRST,
        };
        if !is_due {
            return;
        }
        let waits = sight.waits_in_full().map(|what| format!("waits for {what}"));
        let work = sight.work.as_ref().map(in_words);
        let does = waits.or(work).unwrap_or_else(|| "is running".to_owned());
        let Running { revision, file, line, place: (at, of), command, .. } = running;
        tracing::info!(
            file,
            line,
            seconds = age.as_secs(),
            "applying {revision} ({at} of {of}: {command}): the statement {does}"
        );
        self.said = Some((running.since, Instant::now(), cause));
    }
}

fn in_words(work: &Work) -> String {
    match work.ratio {
        Some(ratio) => format!("is running: {}, {:.0} %", work.phase, ratio * 100.0),
        None => format!("is running: {}", work.phase),
    }
}

/// One observer, kept for the whole run: each new connection is a login, and a run of the password command.
struct Eye {
    observers: Observers,
    question: String,
    open: Option<Observation>,
    asked: Option<Instant>,
}

impl Eye {
    /// True if an observation is due. A connection that is unavailable is requested only rarely.
    fn is_due(&self, pause: Duration) -> bool {
        let pause = if self.open.is_none() { RARELY } else { pause };
        // A tick may come a little early.
        self.asked.is_none_or(|asked| asked.elapsed() + TICK >= pause)
    }

    /// The backend's activity; none if it cannot be observed.
    async fn sight(&mut self) -> Option<Sight> {
        self.asked = Some(Instant::now());
        if self.open.is_none() {
            self.open = self.observers.observe().await;
        }
        let rows = self.open.as_ref()?.ask(&Message::own(self.question.as_str())).await;
        if rows.is_none() {
            // Ended by the server, or cut: the next observation opens another.
            self.open = None;
        }
        rows.map(activity::read)
    }
}

const TICK: Duration = Duration::from_millis(10);
