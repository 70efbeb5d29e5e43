//! Where no place fits: whether the database is what some of the pending changes make, left out of their order by a hand.
//!
//! A place is a beginning of the pending chain. A hand that renamed the second of two columns made no beginning, and yet what it
//! made can be told: those of the changes are taken whose objects are there, and the model makes them alone. What a change
//! touches has to be what comes out, and the others have to lead from there to the same end.

use std::collections::BTreeMap;

use super::judge::Judge;
use super::place::{Place, Side};
use crate::catalog::{Definition, Key};
use crate::expect::{Expected, State, Timeline, Unit, UnitKind, Write};

/// The sides of all units, where no place fits; of those that stand nowhere the presence of what they make and remove tells.
pub fn guess(judge: &Judge<'_>) -> Option<Vec<Side>> {
    let units = &judge.timeline.units;
    if judge.place != Place::Scattered {
        return None;
    }
    let mut sides = vec![Side::Either; units.len()];
    // What was there before the changes that are taken for made, from the last of them back.
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

/// Whether all that a unit makes is there and all that it removes is not, or the other way round.
fn by_presence(judge: &Judge<'_>, unit: &Unit<'_>, was_there: &BTreeMap<&Key, bool>) -> Option<Side> {
    let mut told = unit.writes.iter().filter(|write| !write.key().is_property()).filter_map(|write| {
        let is_there = was_there.get(write.key()).copied();
        let is_there = is_there.unwrap_or_else(|| judge.evidence.found(write.key()).is_some());
        Some(moves(write)? == is_there)
    });
    let first = told.next()?;
    told.all(|other| other == first).then_some(if first { Side::After } else { Side::Before })
}

/// True where a write makes an object or removes one.
fn moves(write: &Write) -> Option<bool> {
    match (write.before.is_present(), write.after.is_present()) {
        (false, true) => Some(true),
        (true, false) if write.after == Expected::Absent => Some(false),
        _ => None,
    }
}

/// What the model makes of a guess.
pub struct Story {
    sides: Vec<Side>,
    /// With only those changes made.
    now: State,
    /// With the others made after them.
    end: State,
}

/// What a story says of the units.
pub struct Told<'t> {
    pub sides: Vec<Side>,
    /// Those in force whose work the rest of the chain, made after it, would leave otherwise than at its head; with what it is.
    pub strained: BTreeMap<usize, &'t Key>,
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
        timeline.keys().filter_map(|key| Some((key, self.now.get(key)?)))
    }

    /// Holds it against the catalog. Who stood nowhere stands where the guess has it, if all that it touches is as the story
    /// has it and ends as the chain does.
    pub fn told<'t>(&self, judge: &Judge<'t>) -> Told<'t> {
        let timeline = judge.timeline;
        let is_so = |key: &Key| self.now.get(key).is_none_or(|expected| judge.evidence.fit(key, expected).fits());
        let ends_well = |key: &Key| {
            let Some(head) = timeline.versions(key).last() else { return true };
            let end = self.end.get(key);
            // What the server makes again for another type may be the same all the same.
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
