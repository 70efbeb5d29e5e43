//! Compiled scripts that run as they were recorded, or not at all.

use super::advice::Advice;
use super::judge::Judge;
use super::reason::Reason;
use super::request::Script;
use super::ruling::Ruling;

/// Refuses a script of which a part is in force: its remaining statements would meet another state than when they were compiled.
pub fn refuse_begun(judge: &Judge<'_>, pending: &[Script<'_>], rulings: &mut [Ruling]) {
    let mut refused = None;
    for (at, ruling) in rulings.iter_mut().enumerate() {
        let revision = judge.timeline.units[at].revision;
        let Some(class) = pending[revision].class.filter(|class| class.is_whole()) else { continue };
        if refused == Some(revision) || !judge.is_begun(at) {
            continue;
        }
        refused = Some(revision);
        let reason = Reason::TraceBegun { class: class.word() };
        *ruling = Ruling::conflict(reason, None)
            .offering([Advice::Stamp, "take back what is in force of it, and run again".into()]);
    }
}
