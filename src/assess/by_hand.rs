//! Where no place fits: whether the database is what some of the pending changes make, left out of their order by a hand.
//!
//! A place is a beginning of the pending chain. A hand that renamed the second of two columns made no beginning, and yet what it
//! made can be told: those of the changes are taken whose objects are there, the model makes them alone, and only where the
//! whole catalog is what comes out, and the others lead from there to the same end, the rest is applied.

use std::collections::BTreeMap;

use super::evidence::Evidence;
use super::place::Side;
use super::ruling::{Judge, Place};
use crate::catalog::Key;
use crate::expect::{Expected, State, Timeline, Unit, UnitKind, Version, Write};

/// The sides of all units, if some of them stand nowhere and the presence of what they make and remove tells of each.
pub fn guess(judge: &Judge<'_>) -> Option<Vec<Side>> {
    let units = &judge.timeline.units;
    let is_lost = |at: usize| judge.side(at) == Side::Nowhere;
    if judge.place != Place::Scattered || !(0..units.len()).any(is_lost) {
        return None;
    }
    let mut sides = vec![Side::Either; units.len()];
    // What was there before the changes that are taken for made, from the last of them back.
    let mut was_there: BTreeMap<&Key, bool> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate().rev() {
        sides[at] = match judge.side(at) {
            Side::Nowhere => by_presence(judge, unit, &was_there)?,
            Side::Torn => return None,
            side => side,
        };
        if sides[at] == Side::After {
            was_there.extend(unit.writes.iter().filter_map(|write| Some((&write.key, !moves(write)?))));
        }
    }
    Some(sides)
}

/// Whether all that a unit makes is there and all that it removes is not, or the other way round.
fn by_presence(judge: &Judge<'_>, unit: &Unit<'_>, was_there: &BTreeMap<&Key, bool>) -> Option<Side> {
    let mut told = unit.writes.iter().filter(|write| !write.key.is_property()).filter_map(|write| {
        let is_there = was_there.get(&write.key).copied();
        let is_there = is_there.unwrap_or_else(|| judge.evidence.found(&write.key).is_some());
        Some(moves(write)? == is_there)
    });
    let first = told.next()?;
    told.all(|other| other == first).then_some(if first { Side::After } else { Side::Before })
}

/// Whether a write makes an object or removes one.
fn moves(write: &Write) -> Option<bool> {
    match (write.before.is_present(), write.after.is_present()) {
        (false, true) => Some(true),
        (true, false) if write.after == Expected::Absent => Some(false),
        _ => None,
    }
}

/// What the model makes of a guess.
pub struct Story {
    pub sides: Vec<Side>,
    /// With only those changes made.
    now: State,
    /// With the others made after them.
    end: State,
}

impl Story {
    /// `retell` runs the chosen changes first and then the others.
    pub fn new(timeline: &Timeline<'_>, sides: Vec<Side>, retell: impl Fn(&[bool]) -> (State, State)) -> Self {
        let units = timeline.units.iter().zip(&sides);
        let is_made =
            |(unit, side): (&Unit<'_>, &Side)| matches!(unit.kind, UnitKind::Change(_)) && *side == Side::After;
        let (now, end) = retell(&units.map(is_made).collect::<Vec<_>>());
        Self { sides, now, end }
    }

    /// What is expected of every key that the pending part writes.
    pub fn expected<'s>(&'s self, timeline: &'s Timeline<'_>) -> impl Iterator<Item = (&'s Key, &'s Expected)> {
        timeline.versions.keys().filter_map(|key| Some((key, self.now.get(key)?)))
    }

    /// Whether all of the catalog is as it tells, and the rest of the chain leads to its head.
    pub fn is_true(&self, timeline: &Timeline<'_>, evidence: &Evidence) -> bool {
        let leads_to = |(key, versions): (&Key, &Vec<Version>)| {
            let head = versions.last().map(|version| &version.value);
            head.is_none_or(|head| !head.is_stated() || self.end.get(key) == Some(head))
        };
        self.expected(timeline).all(|(key, expected)| evidence.fit(key, expected).fits())
            && timeline.versions.iter().all(leads_to)
    }
}
