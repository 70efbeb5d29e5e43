//! The ruling of one definition, from its side of the database's place and from the differences there.
//!
//! The decisions on earlier units are passed in.

use super::advice::ways_on;
use super::converge;
use super::evidence::Fit;
use super::fix;
use super::in_place::in_place;
use super::judge::Judge;
use super::place::{Place, Side};
use super::reason::{Reason, Said};
use super::replaced;
use super::replacement;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{Definition, Found, Key};
use crate::config::OnMismatch;
use crate::expect::{Expected, Unit, UnitKind, Write};
use crate::statement::change::{Act, TableAct};

pub fn rule(judge: &Judge<'_>, at: usize, earlier: &[Decision]) -> Ruling {
    let unit = &judge.timeline.units[at];
    if let Some(key) = &unit.idle_on {
        return idle(judge, at, key);
    }
    if let Some(key) = judge.strained(at) {
        let reason = Reason::TooEarly { key: key.clone() };
        let take_back = "take it back by hand, and the chain does it in its turn".to_owned();
        return Ruling::conflict(reason, None).offering([take_back]);
    }
    let ruling = match judge.side(at) {
        Side::Before => match kept_name(judge, at, unit, earlier) {
            Some(key) => over_a_kept_name(judge, at, key, earlier),
            None => Ruling::plain(Decision::Apply),
        },
        Side::After => in_force(judge, unit),
        Side::Either => either(judge, at, unit),
        Side::Torn => torn(judge, at, unit),
        Side::Nowhere => converge::differing(judge, at, unit, earlier),
    };
    strict(judge, ruling)
}

/// The name of an object that the unit creates, if a removal before it does not run and so leaves the name taken.
fn kept_name<'u>(judge: &Judge<'_>, at: usize, unit: &'u Unit<'_>, earlier: &[Decision]) -> Option<&'u Key> {
    let does_not_run = |removal: usize| match earlier[removal] {
        Decision::Satisfied | Decision::Spent => judge.side(removal) != Side::After,
        _ => false,
    };
    let is_kept = |key: &Key| {
        judge.evidence.found(key).is_some() && judge.timeline.writers_before(key, at).next().is_some_and(does_not_run)
    };
    unit.writes.iter().filter(|write| write.makes()).map(Write::key).find(|key| is_kept(key))
}

fn over_a_kept_name(judge: &Judge<'_>, at: usize, key: &Key, earlier: &[Decision]) -> Ruling {
    let unit = &judge.timeline.units[at];
    if unit.evident().all(|write| judge.fit(write).fits()) {
        return in_force(judge, unit);
    }
    let ruling = converge::differing(judge, at, unit, earlier);
    match ruling.decision {
        Decision::Conflict => ruling.saying(Reason::NameKept { key: key.clone() }),
        _ => ruling,
    }
}

/// Applies LOCKGATE_ON_MISMATCH to a difference.
pub fn strict(judge: &Judge<'_>, ruling: Ruling) -> Ruling {
    if ruling.decision == Decision::Converge && judge.on_mismatch == OnMismatch::Fail {
        let said = Said(ruling.reason.clone());
        return ruling.saying(Reason::OnMismatch { said }).refused();
    }
    ruling
}

/// IF EXISTS and IF NOT EXISTS at a place where a fresh run does nothing: they are harmless, and skipped only if a part of
/// the revision ran and the catalog agrees.
fn idle(judge: &Judge<'_>, at: usize, key: &Key) -> Ruling {
    let is_wanted = judge.timeline.at(key, at).is_some_and(Expected::is_present);
    let is_there = judge.evidence.found(key).is_some();
    if !judge.is_begun(at) || is_wanted && !is_there || judge.is_still_to_come_or_go(at, key) {
        return Ruling::plain(Decision::Apply);
    }
    let comes_later = || judge.timeline.writers_after(key, at).any(|writer| judge.side(writer) == Side::After);
    // The statement must not drop an object that a later change created, or one that has rows.
    let holds_rows = matches!(key, Key::Relation(_) | Key::Column(..))
        && !matches!(judge.evidence.found(key), Some(Found::Index(_)));
    if is_wanted == is_there || holds_rows || comes_later() {
        return Ruling::new(Decision::Satisfied, Reason::Idle);
    }
    Ruling::plain(Decision::Apply)
}

pub fn in_force(judge: &Judge<'_>, unit: &Unit<'_>) -> Ruling {
    let renames = fix::renames(judge, unit);
    if renames.is_empty() {
        let fits = || unit.writes.iter().filter(|write| write.is_change()).map(|write| judge.fit(write));
        let reason = if fits().any(|fit| fit == Fit::Uncompared) {
            Reason::Uncompared
        } else if fits().any(|fit| fit == Fit::Likely) {
            Reason::EqualLikely
        } else {
            Reason::Equal
        };
        Ruling::new(Decision::Satisfied, reason)
    } else {
        Ruling::converge(Reason::EqualOtherName, renames)
    }
}

fn either(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Ruling {
    let UnitKind::Change(change) = unit.kind else { return Ruling::plain(Decision::Apply) };
    if let Some(refusal) = exists(judge, at, unit, &change.act) {
        return refusal;
    }
    if unit.writes.iter().all(|write| write.after == Expected::Unknown)
        && !unit.writes.iter().any(|write| judge.is_still_to_change(at, write.key()))
        && let Some(ruling) = in_place(judge, unit, &change.act)
    {
        return ruling;
    }
    if judge.place == Place::At(0) {
        return Ruling::plain(Decision::Apply);
    }
    // The server would silently create a second one.
    let makes_another = |write: &Write| write.after == Expected::Unknown && change.act.is_named_by_the_server();
    if unit.writes.is_empty() || unit.writes.iter().any(makes_another) {
        return unjudged(judge, at, unit);
    }
    let is_proved = |write: &Write| write.after != Expected::Unknown && judge.fit(write).is_proof();
    if unit.writes.iter().any(|write| judge.is_still_to_change(at, write.key())) {
        return Ruling::plain(Decision::Apply);
    }
    if unit.writes.iter().all(is_proved) {
        return in_force(judge, unit);
    }
    if judge.is_past(at) && unit.writes.iter().any(|write| write.is_change() && is_proved(write)) {
        return Ruling::new(Decision::Satisfied, Reason::EqualSoFar);
    }
    Ruling::plain(Decision::Apply)
}

/// Refuses a statement that succeeds only once, if an object of its name exists that is not compared.
fn exists(judge: &Judge<'_>, at: usize, unit: &Unit<'_>, act: &Act) -> Option<Ruling> {
    if !matches!(act, Act::CreateEventTrigger { .. }) {
        return None;
    }
    let is_there = |write: &&Write| write.after == Expected::Unknown && judge.evidence.found(write.key()).is_some();
    let write = unit.writes.iter().find(is_there)?;
    let may_go = judge.is_still_to_change(at, write.key()) || !judge.revisions.bringers_before(at).is_empty();
    let reason = Reason::NotComparable { key: write.key().clone() };
    (!may_go).then(|| Ruling::conflict(reason, None).offering(ways_on()))
}

/// A change whose effect no key shows.
fn unjudged(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Ruling {
    if !judge.is_begun(at) {
        return Ruling::plain(Decision::Apply);
    }
    if let UnitKind::Change(change) = unit.kind {
        if unit.is_temporary || change.act.temporary().is_some() {
            return Ruling::new(Decision::Apply, Reason::OfSession);
        }
        if sets_what_it_says(&change.act) {
            return Ruling::new(Decision::Apply, Reason::Sets);
        }
    }
    Ruling::conflict(Reason::NoTrace, None).offering(["-- lockgate:run-as-is above it, to run it".to_owned()])
}

fn torn(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Ruling {
    let first = unit.writes.iter().find(|write| write.is_change()).map(Write::key);
    if replacement::removes_one(judge.timeline, unit, at)
        && let Some(first) = first
    {
        return replaced::refusal(first);
    }
    let holds_rows = unit.writes.iter().any(|write| {
        // The values of a query's column are the query's results.
        let is_queried = matches!(write.after.definition(), Some(Definition::Queried { .. }));
        let is_column = matches!(write.key(), Key::Column(..)) && !is_queried;
        write.is_change() && is_column && judge.key_side(write.key(), at) == Side::Torn
    });
    if holds_rows && let Some(key) = first.cloned() {
        return Ruling::conflict(Reason::FitsBoth { key }, None).offering(ways_on());
    }
    Ruling::new(Decision::Apply, Reason::MadeAndRemoved)
}

/// True if a repetition changes nothing.
fn sets_what_it_says(act: &Act) -> bool {
    match act {
        Act::Comment { .. } | Act::Owner { .. } | Act::Grant { .. } | Act::GrantRole { .. } => true,
        Act::AlterTable { act, .. } => {
            matches!(act, TableAct::EnableTrigger { .. } | TableAct::ClusterOn(_) | TableAct::SetOptions(_))
        }
        _ => false,
    }
}
