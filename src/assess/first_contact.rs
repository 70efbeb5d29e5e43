//! The evidence in the catalog for each pending statement, whatever is to be done with it: for a database without a history,
//! and for a stamp.

use super::evidence::Fit;
use super::judge::Judge;
use super::owners;
use super::place::Side;
use super::request::Script;
use super::revisions::{is_no_evidence, is_surrounding};
use super::ruling::Ruling;
use super::statement::Finding;
use super::unmanaged;
use super::verdict::Decision;
use crate::catalog::{Definition, Difference, Key};
use crate::chain::directive::StatementDirective;
use crate::expect::{Expected, Timeline, Unit, UnitKind, Write};

/// The catalog beside a pending chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// For each statement of each pending script.
    pub statements: Vec<Vec<Evident>>,
    /// Tables that the chain has at its end, and how many of them exist.
    pub tables: usize,
    pub tables_found: usize,
}

/// What the catalog shows of one statement. The order is that of their weight: the weightiest part speaks for the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Evident {
    /// It leaves nothing that could be shown: a setting, a REFRESH, a DROP IF EXISTS of nothing.
    #[default]
    Nothing,
    /// Its effect exists, equal; or as far as a session that only reads can compare it.
    InForce { sign: Sign, is_compared: bool },
    /// It is there, equal, under another name that the server chose.
    Renamed { reason: String },
    /// The catalog is the same before it and after it.
    Alike,
    /// It made, or took away, what only later or earlier statements touch otherwise: the database fits before it, and after those. A table
    /// that was made and dropped again may have held rows: that is the doubt.
    Passing { doubt: Option<String> },
    /// A statement on data, or code: the catalog cannot show whether it ran.
    Untold,
    /// Its effect does not exist.
    Absent,
    /// An object of its name exists, and is another.
    Differs { reason: String, difference: Option<Difference>, parts: Vec<Part> },
    /// An object of its name exists, and belongs to a role that is not trusted. `next`: what to do about that.
    OfOthers { reason: String, next: Vec<String> },
}

/// One of the things that a statement makes, as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub object: String,
    pub is_missing: bool,
    pub difference: Option<Difference>,
}

/// The weight of an existing effect as a sign that the chain ran, the lightest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Later statements took away all that it made.
    Taken,
    /// Others may have made it so, or it is so by itself.
    Weak,
    /// A removal, or a property: the database fits no place before it.
    Shown,
    /// An object that this chain makes.
    Own,
}

impl Evident {
    /// True where an object of the chain shows it.
    pub fn is_there(&self) -> bool {
        match self {
            Self::InForce { sign, .. } => *sign == Sign::Own,
            Self::Passing { doubt } => doubt.is_some(),
            Self::Renamed { .. } | Self::Differs { .. } | Self::OfOthers { .. } => true,
            Self::Nothing | Self::Alike | Self::Untold | Self::Absent => false,
        }
    }

    fn weight(&self) -> (usize, Option<(Sign, bool)>) {
        match self {
            Self::Nothing => (0, None),
            Self::Alike => (1, None),
            Self::InForce { sign, is_compared } => (2, Some((*sign, !is_compared))),
            Self::Passing { .. } => (3, None),
            Self::Untold => (4, None),
            Self::Absent => (5, None),
            Self::Renamed { .. } => (6, None),
            Self::Differs { .. } => (7, None),
            Self::OfOthers { .. } => (8, None),
        }
    }
}

/// Takes the evidence from the rulings on the pending scripts, which come after those that are applied.
pub(super) fn contact(
    judge: &Judge<'_>,
    (applied, pending): (&[Script<'_>], &[Script<'_>]),
    (rulings, decided): (&[Ruling], &[Decision]),
    asks_unless: bool,
) -> Contact {
    let mut statements: Vec<Vec<Evident>> =
        pending.iter().map(|script| vec![Evident::default(); script.statements.len()]).collect();
    for (at, (unit, ruling)) in judge.timeline.units.iter().zip(rulings).enumerate() {
        let part = evident(judge, (at, unit), (ruling, decided), (applied, pending), asks_unless);
        let whole = &mut statements[unit.revision][unit.statement];
        if part.weight() > whole.weight() {
            *whole = part;
        }
    }
    let tables: Vec<&Key> = tables(judge.timeline).collect();
    let tables_found = tables.iter().filter(|key| judge.evidence.found(key).is_some()).count();
    Contact { statements, tables: tables.len(), tables_found }
}

fn evident(
    judge: &Judge<'_>,
    (at, unit): (usize, &Unit<'_>),
    (ruling, decided): (&Ruling, &[Decision]),
    (applied, pending): (&[Script<'_>], &[Script<'_>]),
    asks_unless: bool,
) -> Evident {
    let directives = &pending[unit.revision].statements[unit.statement].directives;
    let UnitKind::Change(_) = unit.kind else { return of_data(unit.kind, ruling, directives, asks_unless) };
    if unit.idle_on.is_some() || unit.is_temporary {
        return Evident::Nothing;
    }
    match ruling.decision {
        Decision::Satisfied => in_force(judge, at, unit),
        Decision::Skipped => Evident::Nothing,
        // No key shows it, so neither its presence nor its absence can be shown.
        Decision::Apply | Decision::Run | Decision::Conflict if unit.writes.is_empty() => Evident::Untold,
        Decision::Apply | Decision::Run | Decision::Blocked | Decision::Spent => to_run(judge, at, unit),
        Decision::Converge | Decision::Conflict => {
            if let Some(refusal) = owners::refusal(judge, at, decided) {
                // The advice about an owner is the same whatever the history says.
                let Finding { reason, next, .. } = Finding::new(unit, &refusal, pending);
                return Evident::OfOthers { reason, next };
            }
            // The planned action says nothing of the object as it is.
            let is_of_code = || unmanaged::are_all_of_code(judge, &[applied, pending], at);
            if judge.is_strained(at) || judge.side(at) == Side::After && is_of_code() {
                return in_force(judge, at, unit);
            }
            let difference = || unit.writes.iter().find_map(|write| judge.difference(write));
            let told = ruling.clone().differing(ruling.difference().cloned().or_else(difference));
            let Finding { reason, difference, .. } = Finding::new(unit, &told, pending);
            let is_renamed = ruling.decision == Decision::Converge && judge.side(at) == Side::After;
            if is_renamed && difference.is_none() {
                return Evident::Renamed { reason };
            }
            if judge.side(at) == Side::Torn {
                return Evident::Passing { doubt: Some(reason) };
            }
            Evident::Differs { reason, difference, parts: parts(judge, at, unit, pending) }
        }
    }
}

/// All that the database has otherwise, or not at all, though it is at no place before it.
fn parts(judge: &Judge<'_>, at: usize, unit: &Unit<'_>, pending: &[Script<'_>]) -> Vec<Part> {
    let is_found = |key: &Key| judge.evidence.found(key).is_some();
    // The parts that a column lacks go with the column, and an index with its constraint.
    let goes_with_another = |write: &Write| match write.key() {
        Key::Default(table, column) | Key::NotNull(table, column) | Key::ColumnProperty(table, column, _) => {
            !is_found(&Key::Column(table.clone(), column.clone()))
        }
        _ => matches!(write.after.definition(), Some(Definition::ConstraintIndex { .. })),
    };
    let differs = |write: &&Write| {
        let is_elsewhere = !matches!(judge.key_side(write.key(), at), Side::Nowhere | Side::Before);
        let is_otherwise = write.is_change() && !judge.evidence.fit(write.key(), &write.after).fits();
        is_otherwise && !is_elsewhere && !goes_with_another(write)
    };
    let part = |write: &Write| {
        let told = Ruling::plain(Decision::Conflict).differing(judge.difference(write));
        Part {
            object: write.key().to_string(),
            is_missing: write.after.is_present() && !is_found(write.key()),
            difference: Finding::new(unit, &told, pending).difference,
        }
    };
    unit.writes.iter().filter(differs).map(part).collect()
}

/// A statement that would run as written: what that says of its effect.
fn to_run(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Evident {
    match judge.side(at) {
        Side::Before | Side::Nowhere => Evident::Absent,
        Side::After => in_force(judge, at, unit),
        Side::Torn => Evident::Passing { doubt: None },
        Side::Either if unit.writes.iter().any(|write| write.after == Expected::Unknown) => Evident::Untold,
        Side::Either => Evident::Alike,
    }
}

/// Objects that others may have made for the chain, and properties that can be equal by themselves (a comment, a right), are no
/// sign of the chain.
fn in_force(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Evident {
    let is_there = |write: &&Write| judge.evidence.found(write.key()).is_some();
    let there = || unit.writes.iter().filter(is_there);
    let is_known =
        |write: &Write| !matches!(judge.evidence.fit(write.key(), &write.after), Fit::Uncompared | Fit::Likely);
    let sign = if !is_surrounding(unit) && there().any(|write| !write.key().is_property()) {
        Sign::Own
    } else if !is_no_evidence(unit)
        && judge.side(at) == Side::After
        && unit.writes.iter().any(|it| it.removes() || is_there(&it))
    {
        Sign::Shown
    } else if unit.writes.iter().any(Write::makes) && there().next().is_none() {
        Sign::Taken
    } else {
        Sign::Weak
    };
    Evident::InForce { sign, is_compared: there().all(is_known) }
}

fn of_data(kind: UnitKind<'_>, ruling: &Ruling, directives: &[StatementDirective], asks_unless: bool) -> Evident {
    let says_how_to_tell = directives.iter().any(|one| matches!(one, StatementDirective::Unless { .. }));
    match kind {
        UnitKind::Setting | UnitKind::Repeatable => Evident::Nothing,
        UnitKind::Data(_) | UnitKind::Opaque(_) | UnitKind::Unjudged(_) | UnitKind::Change(_) => {
            match (says_how_to_tell, ruling.decision) {
                (true, Decision::Satisfied) => Evident::InForce { sign: Sign::Weak, is_compared: true },
                (true, Decision::Run) if asks_unless && ruling.provisional().is_none() => Evident::Absent,
                _ => Evident::Untold,
            }
        }
    }
}

/// The tables that the chain has at its end.
fn tables<'a>(timeline: &'a Timeline<'_>) -> impl Iterator<Item = &'a Key> {
    let is_table = |definition: &Definition| matches!(definition, Definition::Table(_));
    timeline
        .all()
        .filter_map(move |(key, versions)| versions.last()?.value.definition().is_some_and(is_table).then_some(key))
}
