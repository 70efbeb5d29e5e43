//! A hypothesis for a database that fits no place: some of the pending changes were applied out of order.
//!
//! Manual changes need not form a prefix of the chain: renaming the second of two columns is no place of it, but the result is
//! recognizable. The changes whose objects exist are selected, and the model applies them alone. The catalog has to equal the
//! result for every object that they touch, and the other changes, applied after them, have to lead to the chain's end.

use std::collections::BTreeMap;

use super::judge::Judge;
use super::place::{Place, Side};
use crate::catalog::{Definition, Key};
use crate::expect::{Expected, State, Timeline, Unit, UnitKind, Write};

/// The sides of all units, if no place fits; for units without a side, the presence of the objects that they create and remove
/// decides.
pub fn guess(judge: &Judge<'_>) -> Option<Vec<Side>> {
    let units = &judge.timeline.units;
    if judge.place != Place::Scattered {
        return None;
    }
    let mut sides = vec![Side::Either; units.len()];
    // The presence of objects before the selected changes, from the last change backwards.
    let mut was_there: BTreeMap<&Key, bool> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate().rev() {
        sides[at] = match judge.side(at) {
            Side::Nowhere => by_presence(judge, unit, &was_there).unwrap_or(Side::Nowhere),
            Side::Torn => return None,
            side => side,
        };
        if sides[at] == Side::After {
            was_there.extend(unit.writes.iter().filter_map(|write| Some((write.key(), !moves(write)?))));
        }
    }
    Some(sides)
}

/// The side of a unit by presence: After if all objects that it creates exist and all that it removes are missing, Before in the
/// reverse case.
fn by_presence(judge: &Judge<'_>, unit: &Unit<'_>, was_there: &BTreeMap<&Key, bool>) -> Option<Side> {
    let mut told = unit.writes.iter().filter(|write| !write.key().is_property()).filter_map(|write| {
        let is_there = was_there.get(write.key()).copied();
        let is_there = is_there.unwrap_or_else(|| judge.evidence.found(write.key()).is_some());
        Some(moves(write)? == is_there)
    });
    let first = told.next()?;
    told.all(|other| other == first).then_some(if first { Side::After } else { Side::Before })
}

/// True if a write creates an object, false if it removes one.
fn moves(write: &Write) -> Option<bool> {
    match (write.before.is_present(), write.after.is_present()) {
        (false, true) => Some(true),
        (true, false) if write.after == Expected::Absent => Some(false),
        _ => None,
    }
}

/// The states that the model derives from a hypothesis.
pub struct Story {
    sides: Vec<Side>,
    /// The state after the selected changes alone.
    now: State,
    /// The state after the others that follow them.
    end: State,
}

/// The consequences of a hypothesis for the units.
pub struct Told<'t> {
    pub sides: Vec<Side>,
    /// Units in force whose result the rest of the chain, applied later, would change; with the affected object.
    pub strained: BTreeMap<usize, &'t Key>,
}

impl Story {
    /// `retell` applies the selected changes first and then the others.
    pub fn new(timeline: &Timeline<'_>, sides: Vec<Side>, retell: impl Fn(&[bool]) -> (State, State)) -> Self {
        let units = timeline.units.iter().zip(&sides);
        let is_made =
            |(unit, side): (&Unit<'_>, &Side)| matches!(unit.kind, UnitKind::Change(_)) && *side == Side::After;
        let (now, end) = retell(&units.map(is_made).collect::<Vec<_>>());
        Self { sides, now, end }
    }

    /// The expected value of every key that the pending part writes.
    pub fn expected<'s>(&'s self, timeline: &'s Timeline<'_>) -> impl Iterator<Item = (&'s Key, &'s Expected)> {
        timeline.keys().filter_map(|key| Some((key, self.now.get(key)?)))
    }

    /// Compares the hypothesis with the catalog. A step without a position takes the guessed one if all keys that it changes are
    /// as the hypothesis expects, and end as in the chain.
    pub fn told<'t>(&self, judge: &Judge<'t>) -> Told<'t> {
        let timeline = judge.timeline;
        let is_so = |key: &Key| self.now.get(key).is_none_or(|expected| judge.evidence.fit(key, expected).fits());
        let ends_well = |key: &Key| {
            let Some(head) = timeline.versions(key).last() else { return true };
            let end = self.end.get(key);
            // A definition that the server rewrote for another type may be equal nevertheless.
            let is_open = end.and_then(Expected::definition).is_some_and(Definition::is_made_again);
            is_open || !head.value.is_stated() || end == Some(&head.value)
        };
        let mut sides = self.sides.clone();
        for (at, unit) in timeline.units.iter().enumerate().filter(|(at, _)| judge.side(*at) == Side::Nowhere) {
            if !unit.evident().all(|write| is_so(write.key()) && ends_well(write.key())) {
                sides[at] = Side::Nowhere;
            }
        }
        let maker = |key: &Key| {
            let at = timeline.writers_before(key, timeline.units.len()).find(|&at| sides[at] == Side::After)?;
            (judge.side(at) == Side::After).then_some(at)
        };
        let strained = timeline.keys().filter(|key| is_so(key) && !ends_well(key));
        let strained = strained.filter_map(|key| Some((maker(key)?, key))).collect();
        Told { sides, strained }
    }
}
