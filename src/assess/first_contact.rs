//! The evidence in the catalog for each pending statement, independent of its verdict: for a database without a history, and for
//! a stamp.

use super::evidence::Fit;
use super::judge::Judge;
use super::owners;
use super::place::Side;
use super::reason::Reason;
use super::request::Script;
use super::revisions::{is_no_evidence, is_surrounding};
use super::ruling::Ruling;
use super::statement::Finding;
use super::unmanaged;
use super::verdict::Decision;
use crate::catalog::{Definition, Difference, Key};
use crate::chain::directive::StatementDirective;
use crate::expect::{Expected, Timeline, Unit, UnitKind, Write};

/// The catalog compared with a pending chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// The evidence for each statement of each pending script.
    pub statements: Vec<Vec<Evident>>,
    /// The number of tables that the chain has at its end, and the number of those that exist.
    pub tables: usize,
    pub tables_found: usize,
}

/// The evidence in the catalog for one statement. The variants are ordered by weight: the weightiest part represents the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Evident {
    /// The statement leaves no trace: a setting, a REFRESH, a DROP IF EXISTS of a missing object.
    #[default]
    Nothing,
    /// Its effect exists and is equal; or `is_compared` is false, because a read-only session cannot compare it.
    InForce { sign: Sign, is_compared: bool },
    /// Its object exists and is equal, under another name that the server chose.
    Renamed { reason: String },
    /// The catalog is the same before and after the statement.
    Alike,
    /// Only later or earlier statements touch the object that it created or removed: the database fits before it and after those.
    /// The doubt is that a table that was created and dropped again may have had rows.
    Passing { doubt: Option<String> },
    /// A statement on data, or code: the catalog cannot show if it ran.
    Untold,
    /// Its effect does not exist.
    Absent,
    /// An object of its name exists, and differs.
    Differs { reason: String, difference: Option<Difference>, parts: Vec<Part> },
    /// An object of its name exists, and an untrusted role owns it. `next`: the advice about that.
    OfOthers { reason: String, next: Vec<String> },
}

/// One of the objects that a statement creates, as it is in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub object: String,
    pub is_missing: bool,
    pub difference: Option<Difference>,
}

/// The weight of an existing effect as evidence that the chain ran, lightest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Later statements removed everything that it created.
    Taken,
    /// It may have another cause, or be so by default.
    Weak,
    /// A removal, or a property: the database fits no place before it.
    Shown,
    /// An object that this chain creates.
    Own,
}

impl Evident {
    /// True if an object of the chain proves it.
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

/// Derives the evidence from the rulings on the pending scripts, which follow the applied ones.
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
    if let Some(Reason::UntrustedPresent { .. }) = ruling.reason.as_deref() {
        let Finding { reason, next, .. } = Finding::new(unit, ruling, pending);
        return Evident::OfOthers { reason, next };
    }
    let UnitKind::Change(_) = unit.kind else { return of_data(unit.kind, ruling, directives, asks_unless) };
    if unit.idle_on.is_some() || unit.is_temporary {
        return Evident::Nothing;
    }
    match ruling.decision {
        Decision::Satisfied => in_force(judge, at, unit),
        Decision::Skipped => Evident::Nothing,
        // No key shows its effect, so neither its presence nor its absence can be shown.
        Decision::Apply | Decision::Run | Decision::Conflict if unit.writes.is_empty() => Evident::Untold,
        Decision::Apply | Decision::Run | Decision::Blocked | Decision::Spent => to_run(judge, at, unit),
        Decision::Converge | Decision::Conflict => {
            if let Some(refusal) = owners::refusal(judge, at, decided) {
                // The advice about an owner is independent of the history.
                let Finding { reason, next, .. } = Finding::new(unit, &refusal, pending);
                return Evident::OfOthers { reason, next };
            }
            // The planned action does not describe the present object.
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

/// All parts that are different or missing in a database that fits no place before the unit.
fn parts(judge: &Judge<'_>, at: usize, unit: &Unit<'_>, pending: &[Script<'_>]) -> Vec<Part> {
    let is_found = |key: &Key| judge.evidence.found(key).is_some();
    // The parts of a missing column are missing with it, and an index with its constraint.
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

/// The evidence for a statement that would run as written.
fn to_run(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Evident {
    match judge.side(at) {
        Side::Before | Side::Nowhere => Evident::Absent,
        Side::After => in_force(judge, at, unit),
        Side::Torn => Evident::Passing { doubt: None },
        Side::Either if unit.writes.iter().any(|write| write.after == Expected::Unknown) => Evident::Untold,
        Side::Either => Evident::Alike,
    }
}

/// The evidence for an effect in force. Objects that others may have created for the chain, and properties that may be equal by
/// default (a comment, a right), are no sign of the chain.
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
                // The catalog was asked for the object, and has it as the statement leaves it.
                (false, Decision::Satisfied) if matches!(kind, UnitKind::Unjudged(_)) => {
                    Evident::InForce { sign: Sign::Weak, is_compared: true }
                }
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
