//! Code that is not read: it runs once, and is undecided if the catalog shows its traces.

use super::unknown::cannot_tell;
use crate::assess::advice::ways_on;
use crate::assess::judge::Judge;
use crate::assess::reason::{Doubt, Reason};
use crate::assess::ruling::Ruling;
use crate::assess::verdict::Decision;
use crate::expect::Trace;

/// The ruling for a statement of unread code.
pub fn opaque(judge: &Judge<'_>, at: usize) -> Ruling {
    if judge.is_recorded(at) {
        return Ruling::plain(Decision::Run);
    }
    if judge.is_begun(at) {
        return cannot_tell(Doubt::Unread);
    }
    match judge.timeline.units[at].traces.iter().find(|trace| is_seen(judge, at, trace)) {
        None => Ruling::plain(Decision::Run),
        Some(trace) => {
            let key = trace.key().clone();
            let reason = match trace {
                Trace::Makes(_) => Reason::CodeMade { key },
                Trace::Removes(_) => Reason::CodeRemoved { key },
            };
            Ruling::conflict(reason, None).offering(ways_on())
        }
    }
}

fn is_seen(judge: &Judge<'_>, at: usize, trace: &Trace) -> bool {
    let timeline = judge.timeline;
    let exists = judge.evidence.found(trace.key()).is_some();
    match trace {
        Trace::Makes(_) => exists,
        // An earlier statement of the run may create it.
        Trace::Removes(key) => {
            let is_of_base = timeline.base.get(key).is_some_and(|value| value.is_present());
            !exists && is_of_base && timeline.writers_before(key, at).next().is_none()
        }
    }
}
