//! Compares the pending chain with the catalog: rules on each unit by the side of the database's place on which it lies, and by
//! the differences there.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Evidence, Fit, Mismatch};
use super::place::{Place, Places, Side, Stretch, both, common, side};
use super::replacement;
use super::revisions::{Revisions, makes};
use super::verdict::Decision;
use crate::catalog::{Definition, Difference, Key};
use crate::config::OnMismatch;
use crate::expect::{Expected, Naming, Timeline, Write};

/// The pending chain compared with the catalog.
pub struct Judge<'a> {
    pub timeline: &'a Timeline<'a>,
    pub evidence: &'a Evidence,
    pub place: Place,
    pub on_mismatch: OnMismatch,
    /// The revision that the history records as begun.
    recorded: Option<usize>,
    places: Places<'a>,
    /// The places that fit all keys.
    common: Vec<Stretch>,
    sides: Vec<Side>,
    /// Steps applied too early: replaying the earlier steps would change their result. Value: the affected object.
    strained: BTreeMap<usize, &'a Key>,
    pub revisions: Revisions<'a>,
}

impl<'a> Judge<'a> {
    pub fn new(
        timeline: &'a Timeline<'a>,
        evidence: &'a Evidence,
        on_mismatch: OnMismatch,
        recorded: Option<usize>,
    ) -> Self {
        let last = timeline.units.len();
        let fitting =
            |key, versions| replacement::places(timeline, evidence, key, evidence.places(key, versions, last));
        let of_each = timeline.all().map(|(key, versions)| (key, fitting(key, versions)));
        let mut places = Places::new(of_each);
        let common = common(places.all(), last);
        let place = common.first().map_or(Place::Scattered, |&(lowest, _)| Place::At(lowest));
        if place == Place::Scattered {
            narrow(&mut places, timeline);
        }
        let mut judge = Self {
            timeline,
            evidence,
            place,
            on_mismatch,
            recorded,
            places,
            common,
            sides: Vec::new(),
            strained: BTreeMap::new(),
            revisions: Revisions::default(),
        };
        judge.sides = (0..last).map(|unit| judge.own_side(unit)).collect();
        judge.revisions = Revisions::of(timeline, evidence, place, &judge.sides);
        judge.log();
        judge
    }

    /// The same judge with the sides of a story.
    pub fn told(self, sides: Vec<Side>, strained: BTreeMap<usize, &'a Key>) -> Self {
        let revisions = Revisions::of(self.timeline, self.evidence, self.place, &sides);
        Self { sides, strained, revisions, ..self }
    }

    /// Logs the reasons why a database is not at the history's place.
    fn log(&self) {
        if self.place == Place::At(0) || !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        for (key, versions) in self.timeline.all() {
            let fit = versions.first().map(|first| self.evidence.fit(key, &first.value));
            // The definitions themselves may contain secrets.
            if let Some(Fit::No(mismatch)) = fit {
                tracing::debug!(place = ?self.place, %key, mismatch = mismatch.word(), "not as the history says");
            }
        }
    }

    pub fn side(&self, unit: usize) -> Side {
        self.sides[unit]
    }

    /// True if the unit was applied too early: replaying earlier units would change its result.
    pub fn is_strained(&self, unit: usize) -> bool {
        self.strained.contains_key(&unit)
    }

    /// The object that would end with another definition.
    pub fn strained(&self, unit: usize) -> Option<&'a Key> {
        self.strained.get(&unit).copied()
    }

    pub fn key_side(&self, key: &Key, unit: usize) -> Side {
        self.places.of(key).map_or(Side::Either, |places| side(&[places], unit))
    }

    /// True if the history records which statements of a unit's revision ran.
    pub fn is_recorded(&self, at: usize) -> bool {
        self.recorded == Some(self.timeline.units[at].revision)
    }

    /// True if the catalog proves that a change of the unit's revision is in force, so the unit may have run too.
    pub fn is_begun(&self, at: usize) -> bool {
        let revision = self.timeline.units[at].revision;
        !self.is_recorded(at)
            && !self.revisions.has_only_surroundings(revision, at)
            && self.revisions.is_begun(revision)
    }

    /// True if the database's place is beyond this many revisions, and an object that a later revision creates proves it: a
    /// removed object may be absent for another reason.
    pub fn stands_beyond(&self, revisions: usize) -> bool {
        let Place::At(place) = self.place else { return false };
        let is_made = |at: usize, write: &Write| write.makes() && self.key_side(write.key(), at) == Side::After;
        let mut later = self.timeline.units[..place].iter().enumerate().filter(|(_, unit)| unit.revision >= revisions);
        later.any(|(at, unit)| unit.writes.iter().any(|write| is_made(at, write)))
    }

    /// True if all definitions of a revision, more than one, are in force, each by its own evidence: then it ran, including its
    /// statements on data.
    pub fn is_whole(&self, revision: usize) -> bool {
        self.revisions.is_whole(revision, |units| {
            let mut statements = BTreeSet::new();
            for at in units {
                let unit = &self.timeline.units[at];
                let mut keys = unit.evident().map(|write| write.key()).peekable();
                if keys.peek().is_none() {
                    continue;
                }
                if self.sides[at] != Side::After || !keys.any(|key| self.key_side(key, at) == Side::After) {
                    return false;
                }
                statements.insert(unit.statement);
            }
            statements.len() > 1
        })
    }

    /// True if the database's place is beyond a unit: the next verifiable DDL is in force, and none of its revision is missing.
    pub fn is_past(&self, unit: usize) -> bool {
        if let Place::At(place) = self.place {
            return unit < place;
        }
        let revision = self.timeline.units[unit].revision;
        let next = self.revisions.next_told(unit);
        next.is_some_and(|next| self.sides[next] == Side::After) && !self.revisions.has_to_run_after(revision, unit)
    }

    /// True if no fitting place is beyond a unit: it is not in force.
    pub fn is_before(&self, unit: usize) -> bool {
        match self.place {
            Place::At(_) => side(&[&self.common], unit) == Side::Before,
            Place::Scattered => self.sides[unit] == Side::Before,
        }
    }

    fn own_side(&self, at: usize) -> Side {
        let unit = &self.timeline.units[at];
        let has_other_name = |write: &Write| match &write.after {
            Expected::Present(definition) => {
                write.naming != Naming::Given && self.evidence.other_name(write.key(), definition).is_some()
            }
            _ => false,
        };
        if unit.writes.iter().any(has_other_name) && !unit.writes.iter().any(makes_room) {
            return Side::After;
        }
        let mut changed = unit.evident().peekable();
        if changed.peek().is_none() {
            return Side::Either;
        }
        let is_behind = matches!(self.place, Place::At(place) if at < place);
        if is_behind && !replacement::removes_one(self.timeline, unit, at) {
            return Side::After;
        }
        let places: Vec<&[Stretch]> = changed.filter_map(|write| self.places.of(write.key())).collect();
        match (self.place, side(&places, at)) {
            (Place::At(_), Side::Torn) if is_behind => Side::Torn,
            (Place::At(_), _) if is_behind => Side::After,
            // Both sides of the unit fit: its result is equal already, and no earlier unit still changes it.
            (Place::At(_), Side::Either) => Side::Either,
            (Place::At(_), _) => Side::Before,
            (Place::Scattered, side) => side,
        }
    }

    /// True if an earlier unit that is to run writes the key: its present value is then only provisional.
    pub fn is_still_to_change(&self, at: usize, key: &Key) -> bool {
        self.timeline.writers_before(key, at).any(|writer| self.sides[writer] != Side::After)
    }

    /// True if an earlier unit that is to run creates or removes the object.
    pub fn is_still_to_come_or_go(&self, at: usize, key: &Key) -> bool {
        let comes_or_goes = |write: &Write| write.key() == key && write.before.is_present() != write.after.is_present();
        self.timeline.writers_before(key, at).any(|writer| {
            self.sides[writer] != Side::After && self.timeline.units[writer].writes.iter().any(comes_or_goes)
        })
    }

    /// True if a later unit, which is in force, creates the object.
    pub fn is_made_later(&self, at: usize, key: &Key) -> bool {
        let mut later = self.timeline.writers_after(key, at);
        later.any(|later| self.sides[later] == Side::After && makes(&self.timeline.units[later], key))
    }

    /// True if an earlier unit that is to run removes the existing object of a key.
    pub fn is_removed_before(&self, at: usize, key: &Key, earlier: &[Decision]) -> bool {
        let units = &self.timeline.units;
        let writer = self.timeline.writers_before(key, at).next();
        writer.is_some_and(|writer| {
            // The existing object must be the one that the chain knows; a view's text is rewritten by the server, so it is not
            // compared.
            let removes = units[writer].writes.iter().any(|write| {
                let is_view = matches!(write.before.definition(), Some(Definition::View { .. }));
                let is_known = is_view || self.evidence.fit(key, &write.before).fits();
                write.key() == key && write.after == Expected::Absent && is_known
            });
            removes && self.sides[writer] != Side::After && earlier[writer] == Decision::Apply
        })
    }

    pub fn fit(&self, write: &Write) -> Fit {
        self.evidence.fit(write.key(), &write.after)
    }

    /// The difference of a unit's key, if there is one.
    pub fn difference(&self, write: &Write) -> Option<Difference> {
        match self.fit(write) {
            Fit::No(Mismatch::Different(difference)) => Some(difference),
            Fit::No(Mismatch::Unproved(reason)) => Some(Difference {
                wanted: "as the script says".to_owned(),
                found: format!("cannot be compared: {reason}"),
            }),
            _ => None,
        }
    }
}

/// True for columns only: dependent objects are weaker evidence.
fn makes_room(write: &Write) -> bool {
    matches!(write.key(), Key::Column(..))
}

/// Narrows the places of a unit's keys by each other. An absent column is equal before its creation and after its drop; if
/// another key shows that its creation is in force, its place is after the drop.
fn narrow(places: &mut Places<'_>, timeline: &Timeline<'_>) {
    let last = timeline.units.len();
    loop {
        let mut narrower = false;
        for (at, unit) in timeline.units.iter().enumerate() {
            let keys = || unit.evident().map(|write| write.key());
            let lists: Vec<&[Stretch]> = keys().filter_map(|key| places.of(key)).collect();
            let stretch = match side(&lists, at) {
                Side::After => (at + 1, last),
                Side::Before => (0, at),
                Side::Either | Side::Torn | Side::Nowhere => continue,
            };
            for key in keys() {
                if let Some(stretches) = places.of_mut(key).filter(|stretches| side(&[stretches], at) == Side::Torn) {
                    *stretches = both(stretches, &[stretch]);
                    narrower = true;
                }
            }
        }
        if !narrower {
            return;
        }
    }
}
