//! The work of an open gate: it repeats its checks, so its status stays true. A gate that opened by its latch first makes the
//! check that it skipped.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use super::chosen::Chosen;
use crate::config::Readiness;
use crate::connect::{Pauses, jittered};
use crate::failure::{Class, Failure};
use crate::gate::{Observed, Opened};

/// The interval with `LOCKGATE_READINESS=live`: half of the kubelet's default period between probes.
const LIVE: Duration = Duration::from_secs(5);

/// The longest pause after a refusal: the answer changes only after an intervention, and failed logins may count against the
/// role.
const LONGEST_REFUSED: Duration = Duration::from_secs(60);

/// The longest pause after a check that could not reach the database, which has waited for it already.
const LONGEST_AWAY: Duration = Duration::from_secs(5);

/// A check, with its connection and a password command, may take this fraction of the time: a twentieth.
const SHARE: u32 = 20;

/// Checks for ever, unless that is disabled.
pub async fn watch(gate: &Chosen) -> Infallible {
    let Some(every) = pace(gate) else { std::future::pending().await };
    let mut refusals = growing_from(every);
    let mut pause = jittered(every);
    loop {
        tokio::time::sleep(pause).await;
        let began = Instant::now();
        let observed = gate.observe().await;
        let cost = began.elapsed() * SHARE;
        let next = match &observed {
            Observed::Unanswered(failure) if !is_live(gate) && failure.class() != Class::Retry => refusals.grow(),
            Observed::Unanswered(_) => every,
            Observed::Holds | Observed::Refused(_) if is_live(gate) => every,
            Observed::Holds | Observed::Refused(_) => every.max(cost.min(LONGEST_REFUSED)),
        };
        if !matches!(observed, Observed::Unanswered(_)) {
            refusals = growing_from(every);
        }
        pause = next;
        tell(gate, observed);
    }
}

/// Checks for drift for ever, if that is enabled.
pub async fn watch_schema(gate: &Chosen) -> Infallible {
    let every = gate.config().serve.verify_every.filter(|every| !every.is_zero());
    let Some(every) = every else { std::future::pending().await };
    let mut said: Option<String> = None;
    let mut pause = jittered(every);
    loop {
        tokio::time::sleep(pause).await;
        let began = Instant::now();
        let looked = gate.look_for_drift().await;
        pause = jittered(every.max(began.elapsed() * SHARE));
        let why = match looked {
            Ok(true) => None,
            Ok(false) => Some("no snapshot is enforced or warned of".to_owned()),
            Err(failure) => Some(failure.told()),
        };
        if let Some(why) = why.as_ref().filter(|why| said.as_ref() != Some(why)) {
            tracing::warn!("nobody looks for drift: {why}");
        }
        said = why;
    }
}

fn growing_from(every: Duration) -> Pauses {
    Pauses::new(every, LONGEST_REFUSED.max(every))
}

fn is_live(gate: &Chosen) -> bool {
    gate.config().serve.readiness == Readiness::Live
}

/// The time between two checks.
fn pace(gate: &Chosen) -> Option<Duration> {
    let every = Some(gate.config().serve.look_every).filter(|every| !every.is_zero());
    if is_live(gate) { Some(every.map_or(LIVE, |every| every.min(LIVE))) } else { every }
}

/// Logs a change once; the lasting state is in `/status`.
fn tell(gate: &Chosen, observed: Observed) {
    let live = is_live(gate);
    let (failure, what) = match observed {
        Observed::Holds => {
            if gate.progress().untroubled() {
                tracing::warn!("the database answers again{}", if live { ": ready" } else { "" });
            }
            return;
        }
        Observed::Unanswered(failure) if failure.class() == Class::Retry => (failure, "the database is away"),
        Observed::Unanswered(failure) => (failure, "the database refuses the gate"),
        Observed::Refused(failure) => (failure, "the database is not what it was when the gate opened"),
    };
    let (code, text) = (failure.code, failure.told());
    let ready = if live { "not ready" } else { "ready still" };
    let class = failure.class();
    if !gate.progress().troubled(failure) {
        return;
    }
    gate.progress().metrics.failed(class);
    if class == Class::Retry {
        tracing::warn!(%code, "{what}: {ready}: {text}");
    } else {
        tracing::error!(%code, "{what}: {ready}: {text}");
    }
}

/// The check of a gate that opened by its latch: it is repeated until it succeeds, and no result ends the gate. None if a signal
/// came first.
pub async fn check(gate: &mut Chosen) -> Option<Opened> {
    // The gate is open: there is no hurry, and each attempt is a login.
    gate.config_mut().patience.auth_retry_for = Duration::ZERO;
    let mut pauses: Option<(Class, Pauses)> = None;
    loop {
        let before = gate.progress().look(|known| known.as_of);
        let failure = match gate.run().await {
            Ok(opened) => {
                gate.progress().untroubled();
                return Some(opened);
            }
            Err(failure) if failure.class() == Class::Stopped => return None,
            Err(failure) => failure,
        };
        let class = failure.class();
        let (_, growing) = match pauses.take().filter(|(of, _)| *of == class) {
            Some(same) => pauses.insert(same),
            None => pauses.insert((class, first_pauses(class))),
        };
        let pause = growing.grow();
        fails(gate, failure, pause);
        let answers = gate.progress().look(|known| known.as_of != before);
        if !waits(gate, pause, answers).await {
            return None;
        }
    }
}

fn first_pauses(class: Class) -> Pauses {
    match class {
        Class::Retry => Pauses::new(Duration::from_millis(100), LONGEST_AWAY),
        Class::Refuse | Class::Configuration | Class::Stopped => Pauses::new(Duration::from_secs(1), LONGEST_REFUSED),
    }
}

fn fails(gate: &Chosen, failure: Failure, pause: Duration) {
    let (code, text, next) = (failure.code, failure.told(), failure.next.clone());
    let details = failure.details.join("\n");
    let seconds = pause.as_secs_f32().ceil();
    gate.progress().metrics.failed(failure.class());
    gate.progress().update(|known| {
        known.running = None;
        known.lock_holder = None;
        known.blockers.clear();
    });
    if failure.class() == Class::Retry {
        tracing::warn!(%code, "the gate is open, and its check fails: {text}; checking again in {seconds} s");
    } else {
        tracing::error!(%code, details, next, "the gate is open, and its check fails: {text}; checking again in {seconds} s");
    }
    gate.progress().troubled(failure);
}

/// Waits for the next check. If the database answers, the status is kept true meanwhile, and the wait ends as soon as a start
/// would open. Returns false after a signal.
async fn waits(gate: &Chosen, pause: Duration, answers: bool) -> bool {
    let until = Instant::now() + pause;
    let every = pace(gate).filter(|_| answers).unwrap_or(LONGEST_REFUSED);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if gate.stop().within(left.min(every)).await.is_some() {
            return false;
        }
        if left <= every {
            return true;
        }
        tokio::select! {
            observed = gate.observe() => if matches!(observed, Observed::Holds) { return true },
            _ = gate.stop().requested() => return false,
        }
    }
}
