//! A watch beside the locked session: what a statement that takes long does, and what it waits for.

use std::time::{Duration, Instant};

use super::Context;
use super::activity::{self, Sight, Work};
use crate::connect::{Message, Observation, Observers};
use crate::pg::version::ServerVersion;
use crate::progress::{Progress, Running};

/// Looks as long as it lives.
pub struct Watch(tokio::task::JoinHandle<()>);

impl Watch {
    pub fn start(cx: &Context<'_>, backend: i32, server: ServerVersion) -> Self {
        let (observers, progress) = (cx.observers.clone(), cx.progress.clone());
        // Often enough to meet a statement that queues for the whole of its lock timeout.
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

/// A statement is first spoken of when it has run for so long, or at once where it is held up.
const FIRST: Duration = Duration::from_secs(3);
const SAY_AGAIN: Duration = Duration::from_secs(30);

/// A statement that has run for so long is asked after more rarely.
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

/// What was said last, of which statement.
#[derive(Default)]
struct Mouth {
    said: Option<(Instant, Instant, String)>,
}

impl Mouth {
    /// Says what is new, and the same again after a while.
    fn say(&mut self, running: &Running, sight: &Sight) {
        let (age, cause) = (running.since.elapsed(), sight.cause());
        let is_due = match &self.said {
            Some((since, at, told)) if *since == running.since => {
                at.elapsed() >= SAY_AGAIN || (*told != cause && sight.is_held_up() && at.elapsed() >= FIRST)
            }
            // Each attempt at the same statement would say the same.
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

/// One observer, kept while the run lasts: each new connection is a login, and a run of the password command.
struct Eye {
    observers: Observers,
    question: String,
    open: Option<Observation>,
    asked: Option<Instant>,
}

impl Eye {
    /// True where it is time to ask. Where no connection can be had, one is not asked for more often than rarely.
    fn is_due(&self, pause: Duration) -> bool {
        let pause = if self.open.is_none() { RARELY } else { pause };
        // A tick may come a little early.
        self.asked.is_none_or(|asked| asked.elapsed() + TICK >= pause)
    }

    /// What the backend does; none where nobody can be asked.
    async fn sight(&mut self) -> Option<Sight> {
        self.asked = Some(Instant::now());
        if self.open.is_none() {
            self.open = self.observers.observe().await;
        }
        let rows = self.open.as_ref()?.ask(&Message::own(self.question.as_str())).await;
        if rows.is_none() {
            // Ended by the server, or cut: the next question opens another.
            self.open = None;
        }
        rows.map(activity::read)
    }
}

const TICK: Duration = Duration::from_millis(10);
