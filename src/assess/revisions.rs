//! The facts about each pending revision as a whole, computed once, so the cost does not grow with the number of statements.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;

use super::evidence::Evidence;
use super::place::{Place, Side};
use crate::catalog::Key;
use crate::expect::{Timeline, Unit, UnitKind, Write};
use crate::statement::change::{Act, Object, TableAct};

/// The revisions of a timeline, and the units that are looked up repeatedly.
#[derive(Debug, Default)]
pub struct Revisions<'a> {
    all: Vec<Revision>,
    /// For each unit, the next one whose state the database shows.
    next_told: Vec<Option<usize>>,
    /// The units that rename a column.
    column_renames: Vec<usize>,
    /// The units that may create objects unknown to the model.
    bringers: Vec<usize>,
    /// The first unit that creates a temporary relation, by revision and name.
    temporaries: BTreeMap<(usize, &'a str), usize>,
}

#[derive(Debug, Default)]
struct Revision {
    units: Range<usize>,
    /// True if the catalog proves that a change of the revision is in force.
    begun: bool,
    /// True if nothing of the revision exists except objects that others create for it.
    only_surroundings: bool,
    first_before: Option<usize>,
    last_before: Option<usize>,
    has_definitions: bool,
    whole: OnceCell<bool>,
}

impl<'a> Revisions<'a> {
    /// Computes them from the sides of the judge's units.
    pub fn of(timeline: &Timeline<'a>, evidence: &Evidence, place: Place, sides: &[Side]) -> Self {
        let units = &timeline.units;
        let count = units.last().map_or(0, |unit| unit.revision + 1);
        let mut revisions = Self { next_told: next_told(sides), ..Self::default() };
        revisions.all.resize_with(count, || Revision { only_surroundings: true, ..Revision::default() });
        for (at, unit) in units.iter().enumerate() {
            revisions.note_unit(at, unit);
            revisions.all[unit.revision].note(evidence, sides[at], at, unit);
        }
        let last_evidence = match place {
            Place::At(place) => (0..place).rfind(|&at| sides[at] == Side::After && !is_no_evidence(&units[at])),
            Place::Scattered => None,
        };
        for revision in revisions.all.iter_mut().filter(|revision| !revision.units.is_empty()) {
            // If the whole database is beyond a revision, that also holds for a revision without a trace in the catalog.
            revision.begun |= last_evidence.is_some_and(|last| revision.units.start <= last);
        }
        revisions
    }

    fn note_unit(&mut self, at: usize, unit: &Unit<'a>) {
        let brings = match unit.kind {
            UnitKind::Opaque(opaque) => opaque.may_define || !opaque.calls.is_empty(),
            UnitKind::Unjudged(_) => true,
            UnitKind::Change(change) => {
                if matches!(&change.act, Act::Rename { object: Object::Column { .. }, .. }) {
                    self.column_renames.push(at);
                }
                if let Some(name) = change.act.temporary() {
                    self.temporaries.entry((unit.revision, &name.name)).or_insert(at);
                }
                unit.writes.iter().any(|write| matches!(write.key(), Key::Extension(_)))
            }
            UnitKind::Data(_) | UnitKind::Setting | UnitKind::Repeatable => false,
        };
        if brings {
            self.bringers.push(at);
        }
    }

    pub fn is_begun(&self, revision: usize) -> bool {
        self.all[revision].begun
    }

    /// True if nothing of a unit's revision exists except objects that others create for it (a schema, an extension, a role with
    /// IF NOT EXISTS), and a definition before the unit is missing.
    pub fn has_only_surroundings(&self, revision: usize, at: usize) -> bool {
        let revision = &self.all[revision];
        revision.only_surroundings && revision.first_before.is_some_and(|first| first < at)
    }

    /// True if it contains more than statements on data.
    pub fn has_definitions(&self, revision: usize) -> bool {
        self.all[revision].has_definitions
    }

    /// True if a later unit of the revision is still to run.
    pub fn has_to_run_after(&self, revision: usize, at: usize) -> bool {
        self.all[revision].last_before.is_some_and(|last| last > at)
    }

    pub fn is_whole(&self, revision: usize, ask: impl FnOnce(Range<usize>) -> bool) -> bool {
        let revision = &self.all[revision];
        *revision.whole.get_or_init(|| ask(revision.units.clone()))
    }

    pub fn next_told(&self, at: usize) -> Option<usize> {
        self.next_told[at]
    }

    pub fn column_renames_after(&self, at: usize) -> &[usize] {
        &self.column_renames[self.column_renames.partition_point(|&rename| rename <= at)..]
    }

    pub fn bringers_before(&self, at: usize) -> &[usize] {
        &self.bringers[..self.bringers.partition_point(|&bringer| bringer < at)]
    }

    /// True if an earlier unit of the revision creates a temporary relation of the name.
    pub fn makes_temporary_before(&self, revision: usize, name: &str, at: usize) -> bool {
        self.temporaries.get(&(revision, name)).is_some_and(|&first| first < at)
    }
}

impl Revision {
    fn note(&mut self, evidence: &Evidence, side: Side, at: usize, unit: &Unit<'_>) {
        if self.units.is_empty() {
            self.units.start = at;
        }
        self.units.end = at + 1;
        self.begun |= match side {
            Side::After => !is_no_evidence(unit),
            Side::Nowhere => !is_no_evidence(unit) && is_partly_in_force(evidence, unit),
            Side::Before | Side::Either | Side::Torn => false,
        };
        let is_there = matches!(side, Side::After | Side::Nowhere | Side::Torn);
        self.only_surroundings &= !is_there || is_surrounding(unit);
        if side == Side::Before {
            self.first_before.get_or_insert(at);
            self.last_before = Some(at);
        }
        self.has_definitions |= matches!(unit.kind, UnitKind::Change(_) | UnitKind::Opaque(_) | UnitKind::Unjudged(_));
    }
}

fn next_told(sides: &[Side]) -> Vec<Option<usize>> {
    let mut next = None;
    let mut all: Vec<Option<usize>> = (0..sides.len())
        .rev()
        .map(|at| {
            let after = next;
            if matches!(sides[at], Side::After | Side::Before) {
                next = Some(at);
            }
            after
        })
        .collect();
    all.reverse();
    all
}

/// True if a unit creates an object.
pub fn makes(unit: &Unit<'_>, key: &Key) -> bool {
    unit.writes.iter().any(|write: &Write| write.key() == key && write.makes())
}

/// True if a unit that fits no place created its object nevertheless: the object exists, and was absent before the unit.
fn is_partly_in_force(evidence: &Evidence, unit: &Unit<'_>) -> bool {
    unit.writes.iter().any(|write| write.makes() && evidence.found(write.key()).is_some())
}

/// True if others may have created the object, or it is so by default: it is no sign that its revision has begun.
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
