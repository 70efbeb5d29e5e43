//! The pending chain held against the catalog: what the side of the database's place on which a unit lies, and the differences
//! there, make of it.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Evidence, Fit, Mismatch};
use super::place::{Place, Places, Side, Stretch, both, common, side};
use super::replacement;
use super::revisions::{Revisions, makes};
use super::verdict::Decision;
use crate::catalog::{Definition, Difference, Key};
use crate::config::OnMismatch;
use crate::expect::{Expected, Naming, Timeline, Write};

/// The pending chain held against the catalog.
pub struct Judge<'a> {
    pub timeline: &'a Timeline<'a>,
    pub evidence: &'a Evidence,
    pub place: Place,
    pub on_mismatch: OnMismatch,
    /// The revision that the history has begun.
    recorded: Option<usize>,
    places: Places<'a>,
    /// Where all keys fit.
    common: Vec<Stretch>,
    sides: Vec<Side>,
    /// Units whose work was done before that of units before them, which would leave it otherwise; with what it is.
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

    /// The same judge with sides that a story tells.
    pub fn told(self, sides: Vec<Side>, strained: BTreeMap<usize, &'a Key>) -> Self {
        let revisions = Revisions::of(self.timeline, self.evidence, self.place, &sides);
        Self { sides, strained, revisions, ..self }
    }

    /// For a person who wonders why a database does not stand where the history says.
    fn log(&self) {
        if self.place == Place::At(0) || !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        for (key, versions) in self.timeline.all() {
            let fit = versions.first().map(|first| self.evidence.fit(key, &first.value));
            // The definitions themselves may hold secrets.
            if let Some(Fit::No(mismatch)) = fit {
                tracing::debug!(place = ?self.place, %key, mismatch = mismatch.word(), "not as the history says");
            }
        }
    }

    pub fn side(&self, unit: usize) -> Side {
        self.sides[unit]
    }

    /// True where its work was done before that of units before it, which would leave it otherwise.
    pub fn is_strained(&self, unit: usize) -> bool {
        self.strained.contains_key(&unit)
    }

    /// The object that would be left otherwise.
    pub fn strained(&self, unit: usize) -> Option<&'a Key> {
        self.strained.get(&unit).copied()
    }

    pub fn key_side(&self, key: &Key, unit: usize) -> Side {
        self.places.of(key).map_or(Side::Either, |places| side(&[places], unit))
    }

    /// True where the history tells which statements of a unit's revision ran.
    pub fn is_recorded(&self, at: usize) -> bool {
        self.recorded == Some(self.timeline.units[at].revision)
    }

    /// True where the catalog proves that some change of a unit's revision is in force, so that the unit may have run too.
    pub fn is_begun(&self, at: usize) -> bool {
        let revision = self.timeline.units[at].revision;
        !self.is_recorded(at)
            && !self.revisions.has_only_surroundings(revision, at)
            && self.revisions.is_begun(revision)
    }

    /// True where the database stands past so many revisions, and something that a later one makes shows it: what one removes may be
    /// absent for another reason.
    pub fn stands_beyond(&self, revisions: usize) -> bool {
        let Place::At(place) = self.place else { return false };
        let is_made = |at: usize, write: &Write| write.makes() && self.key_side(write.key(), at) == Side::After;
        let mut later = self.timeline.units[..place].iter().enumerate().filter(|(_, unit)| unit.revision >= revisions);
        later.any(|(at, unit)| unit.writes.iter().any(|write| is_made(at, write)))
    }

    /// True where all definitions of a revision are in force, each by what itself shows, and more than one: then it ran, and its
    /// statements on data with it.
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

    /// True where the database stands past a unit: the next DDL that can be told is in force, and none of its revision is not.
    pub fn is_past(&self, unit: usize) -> bool {
        if let Place::At(place) = self.place {
            return unit < place;
        }
        let revision = self.timeline.units[unit].revision;
        let next = self.revisions.next_told(unit);
        next.is_some_and(|next| self.sides[next] == Side::After) && !self.revisions.has_to_run_after(revision, unit)
    }

    /// True where no place that fits lies past a unit: it is not in force.
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
            // What its keys say of both sides of it: equal already, and nothing before it is still to change them.
            (Place::At(_), Side::Either) => Side::Either,
            (Place::At(_), _) => Side::Before,
            (Place::Scattered, side) => side,
        }
    }

    /// True where an earlier unit that is to run writes a key: then what stands under it now says nothing of later.
    pub fn is_still_to_change(&self, at: usize, key: &Key) -> bool {
        self.timeline.writers_before(key, at).any(|writer| self.sides[writer] != Side::After)
    }

    /// True where an earlier unit that is to run makes it or takes it away.
    pub fn is_still_to_come_or_go(&self, at: usize, key: &Key) -> bool {
        let comes_or_goes = |write: &Write| write.key() == key && write.before.is_present() != write.after.is_present();
        self.timeline.writers_before(key, at).any(|writer| {
            self.sides[writer] != Side::After && self.timeline.units[writer].writes.iter().any(comes_or_goes)
        })
    }

    /// True where a later unit, in force, makes it.
    pub fn is_made_later(&self, at: usize, key: &Key) -> bool {
        let mut later = self.timeline.writers_after(key, at);
        later.any(|later| self.sides[later] == Side::After && makes(&self.timeline.units[later], key))
    }

    /// True where an earlier unit that is to run removes what stands under a key.
    pub fn is_removed_before(&self, at: usize, key: &Key, earlier: &[Decision]) -> bool {
        let units = &self.timeline.units;
        let writer = self.timeline.writers_before(key, at).next();
        writer.is_some_and(|writer| {
            // What stands there must be what the chain knows there; of a view the text is the server's, and proves less.
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

    /// The first difference among a unit's keys.
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

/// A table or column: what hangs on it says less than it does.
fn makes_room(write: &Write) -> bool {
    matches!(write.key(), Key::Column(..))
}

/// What one key says of a unit holds of all keys that the unit writes: a column that is absent, and would be so before it was
/// made and after it was dropped, stands after the drop where another key shows the making in force.
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
