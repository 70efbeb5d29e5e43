//! The pending chain held against the catalog: what the side of the database's place on which a unit lies, and the differences
//! there, make of it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::advice::ways_on;
use super::converge;
use super::evidence::{Evidence, Fit, Mismatch};
use super::fix;
use super::in_place::in_place;
use super::out_of_order::Told;
use super::place::{Places, Side, Stretch, both, common, side};
use super::reason::{Reason, Said};
use super::replaced;
use super::revisions::{Revisions, makes};
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{Definition, Difference, Found, Key};
use crate::config::OnMismatch;
use crate::expect::{Expected, Naming, Timeline, Unit, UnitKind, Write};
use crate::statement::change::{Act, TableAct};

/// Where the database stands in the pending chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All that is known fits this place, and no earlier one.
    At(usize),
    /// No single place fits: each object is judged by its own.
    Scattered,
}

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
    /// Keys that differ from every expectation and are left as they are: an object that is renamed or dropped with them.
    pub tolerated: RefCell<BTreeSet<Key>>,
}

impl<'a> Judge<'a> {
    pub fn new(
        timeline: &'a Timeline<'a>,
        evidence: &'a Evidence,
        on_mismatch: OnMismatch,
        recorded: Option<usize>,
    ) -> Self {
        let last = timeline.units.len();
        let fitting = |key, versions| replaced::places(timeline, evidence, key, evidence.places(key, versions, last));
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
            tolerated: RefCell::default(),
        };
        judge.sides = (0..last).map(|unit| judge.own_side(unit)).collect();
        judge.revisions = Revisions::of(&judge);
        judge.log();
        judge
    }

    /// Takes the sides of the units from a story.
    pub fn stand(&mut self, told: Told<'a>) {
        (self.sides, self.strained) = (told.sides, told.strained);
        self.revisions = Revisions::of(self);
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
        if is_behind && !replaced::removes_one(self.timeline, unit, at) {
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

    pub fn rule(&self, at: usize) -> Ruling {
        let unit = &self.timeline.units[at];
        if let Some(key) = &unit.idle_on {
            return self.idle(at, key);
        }
        if let Some(key) = self.strained.get(&at) {
            let reason = Reason::TooEarly { key: Key::clone(key) };
            let take_back = "take it back by hand, and the chain does it in its turn".to_owned();
            return Ruling::conflict(reason, None).offering([take_back]);
        }
        let ruling = match self.sides[at] {
            Side::Before => Ruling::plain(Decision::Apply),
            Side::After => self.in_force(unit),
            Side::Either => self.either(at, unit),
            Side::Torn => self.torn(at, unit),
            Side::Nowhere => converge::differing(self, at, unit),
        };
        self.strict(ruling)
    }

    /// What LOCKGATE_ON_MISMATCH makes of a difference.
    pub fn strict(&self, ruling: Ruling) -> Ruling {
        if ruling.decision == Decision::Converge && self.on_mismatch == OnMismatch::Fail {
            let said = Said(ruling.reason.clone());
            return ruling.saying(Reason::OnMismatch { said }).refused();
        }
        ruling
    }

    /// IF EXISTS and IF NOT EXISTS where a fresh run does nothing: they are safe by nature, and left out only where a part of the
    /// revision ran and the catalog agrees.
    fn idle(&self, at: usize, key: &Key) -> Ruling {
        let is_wanted = self.timeline.at(key, at).is_some_and(Expected::is_present);
        let is_there = self.evidence.found(key).is_some();
        if !self.is_begun(at) || is_wanted && !is_there || self.is_still_to_come_or_go(at, key) {
            return Ruling::plain(Decision::Apply);
        }
        let comes_later = || self.timeline.writers_after(key, at).any(|writer| self.sides[writer] == Side::After);
        // This statement must not take away an object that a later change made, or one that holds rows.
        let holds_rows = matches!(key, Key::Relation(_) | Key::Column(..))
            && !matches!(self.evidence.found(key), Some(Found::Index(_)));
        if is_wanted == is_there || holds_rows || comes_later() {
            return Ruling::new(Decision::Satisfied, Reason::Idle);
        }
        Ruling::plain(Decision::Apply)
    }

    pub fn in_force(&self, unit: &Unit<'_>) -> Ruling {
        let renames = fix::renames(self, unit);
        if renames.is_empty() {
            let fits = || unit.writes.iter().filter(|write| write.is_change()).map(|write| self.fit(write));
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

    fn either(&self, at: usize, unit: &Unit<'_>) -> Ruling {
        let UnitKind::Change(change) = unit.kind else { return Ruling::plain(Decision::Apply) };
        if let Some(refusal) = self.exists(at, unit, &change.act) {
            return refusal;
        }
        if unit.writes.iter().all(|write| write.after == Expected::Unknown)
            && !unit.writes.iter().any(|write| self.is_still_to_change(at, write.key()))
            && let Some(ruling) = in_place(self, unit, &change.act)
        {
            return ruling;
        }
        if self.place == Place::At(0) {
            return Ruling::plain(Decision::Apply);
        }
        // The server would make a second one, and say nothing.
        let makes_another = |write: &Write| write.after == Expected::Unknown && change.act.is_named_by_the_server();
        if unit.writes.is_empty() || unit.writes.iter().any(makes_another) {
            return self.unjudged(at, unit);
        }
        let is_proved = |write: &Write| write.after != Expected::Unknown && self.fit(write).is_proof();
        if unit.writes.iter().any(|write| self.is_still_to_change(at, write.key())) {
            return Ruling::plain(Decision::Apply);
        }
        if unit.writes.iter().all(is_proved) {
            return self.in_force(unit);
        }
        if self.is_past(at) && unit.writes.iter().any(|write| write.is_change() && is_proved(write)) {
            return Ruling::new(Decision::Satisfied, Reason::EqualSoFar);
        }
        Ruling::plain(Decision::Apply)
    }

    /// The refusal of what the server would make only once, where an object exists that nobody compares.
    fn exists(&self, at: usize, unit: &Unit<'_>, act: &Act) -> Option<Ruling> {
        if !matches!(act, Act::CreateEventTrigger { .. }) {
            return None;
        }
        let is_there = |write: &&Write| write.after == Expected::Unknown && self.evidence.found(write.key()).is_some();
        let write = unit.writes.iter().find(is_there)?;
        let may_go = self.is_still_to_change(at, write.key()) || !self.revisions.bringers_before(at).is_empty();
        let reason = Reason::NotComparable { key: write.key().clone() };
        (!may_go).then(|| Ruling::conflict(reason, None).offering(ways_on()))
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
    pub fn is_removed_before(&self, at: usize, key: &Key) -> bool {
        let units = &self.timeline.units;
        let writer = self.timeline.writers_before(key, at).next();
        writer.is_some_and(|writer| {
            // What stands there must be what the chain knows there; of a view the text is the server's, and proves less.
            let removes = units[writer].writes.iter().any(|write| {
                let is_view = matches!(write.before.definition(), Some(Definition::View { .. }));
                let is_known = is_view || self.evidence.fit(key, &write.before).fits();
                write.key() == key && write.after == Expected::Absent && is_known
            });
            removes && self.sides[writer] != Side::After && self.rule(writer).decision == Decision::Apply
        })
    }

    fn fit(&self, write: &Write) -> Fit {
        self.evidence.fit(write.key(), &write.after)
    }

    /// A change whose effect no key shows.
    fn unjudged(&self, at: usize, unit: &Unit<'_>) -> Ruling {
        if !self.is_begun(at) {
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

    fn torn(&self, at: usize, unit: &Unit<'_>) -> Ruling {
        let first = unit.writes.iter().find(|write| write.is_change()).map(Write::key);
        if replaced::removes_one(self.timeline, unit, at)
            && let Some(first) = first
        {
            return replaced::refusal(first);
        }
        let holds_rows = unit.writes.iter().any(|write| {
            // What a query gave is there where the query read it.
            let is_queried = matches!(write.after.definition(), Some(Definition::Queried { .. }));
            let is_column = matches!(write.key(), Key::Column(..)) && !is_queried;
            write.is_change() && is_column && self.key_side(write.key(), at) == Side::Torn
        });
        if holds_rows && let Some(key) = first.cloned() {
            return Ruling::conflict(Reason::FitsBoth { key }, None).offering(ways_on());
        }
        Ruling::new(Decision::Apply, Reason::MadeAndRemoved)
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

/// True where repeating it changes nothing.
fn sets_what_it_says(act: &Act) -> bool {
    match act {
        Act::Comment { .. } | Act::Owner { .. } | Act::Grant { .. } | Act::GrantRole { .. } => true,
        Act::AlterTable { act, .. } => {
            matches!(act, TableAct::EnableTrigger { .. } | TableAct::ClusterOn(_) | TableAct::SetOptions(_))
        }
        _ => false,
    }
}

/// True where others may have made it so, or it is so by itself: then it is no sign that its revision has begun.
pub fn is_no_evidence(unit: &Unit<'_>) -> bool {
    let UnitKind::Change(change) = unit.kind else { return false };
    matches!(
        change.act,
        Act::CreateSchema { .. }
            | Act::CreateRole { .. }
            | Act::CreateExtension { .. }
            | Act::UpdateExtension { .. }
            | Act::Comment { .. }
            | Act::Grant { .. }
            | Act::GrantRole { .. }
            | Act::Owner { .. }
            | Act::AlterTable { act: TableAct::Owner(_), .. }
    )
}

pub fn is_surrounding(unit: &Unit<'_>) -> bool {
    let UnitKind::Change(change) = unit.kind else { return false };
    match &change.act {
        Act::CreateSchema { if_not_exists, .. } | Act::CreateExtension { if_not_exists, .. } => *if_not_exists,
        Act::CreateRole { .. } => change.guarded,
        _ => false,
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
