//! The evidence in the catalog for each pending statement, whatever is to be done with it: for a database without a history,
//! and for a stamp.

use super::advice::Advice;
use super::judge::{Judge, is_surrounding};
use super::owners;
use super::ruling::Ruling;
use super::statement::Finding;
use super::survey::Script;
use super::verdict::Decision;
use crate::catalog::{Definition, Difference, Key};
use crate::chain::directive::StatementDirective;
use crate::expect::{Timeline, Unit, UnitKind, Write};

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
    /// Its effect exists, equal. `own`: and it is an object that this chain makes.
    InForce { own: bool },
    /// A statement on data, or code: the catalog cannot show whether it ran.
    Untold,
    /// Its effect does not exist.
    Absent,
    /// An object of its name exists, and is another.
    Differs { reason: String, difference: Option<Difference>, next: Vec<String> },
}

impl Evident {
    /// Whether an object of the chain shows it.
    pub fn is_there(&self) -> bool {
        matches!(self, Self::InForce { own: true } | Self::Differs { .. })
    }

    fn weight(&self) -> (usize, bool) {
        match self {
            Self::Nothing => (0, false),
            Self::InForce { own } => (1, *own),
            Self::Untold => (2, false),
            Self::Absent => (3, false),
            Self::Differs { .. } => (4, false),
        }
    }
}

/// Takes the evidence from the rulings on the pending scripts.
pub(super) fn contact(judge: &Judge<'_>, pending: &[Script<'_>], rulings: &[Ruling]) -> Contact {
    let mut statements: Vec<Vec<Evident>> =
        pending.iter().map(|script| vec![Evident::default(); script.statements.len()]).collect();
    for (at, (unit, ruling)) in judge.timeline.units.iter().zip(rulings).enumerate() {
        let part = evident(judge, (at, unit), ruling, pending);
        let whole = &mut statements[unit.revision][unit.statement];
        if part.weight() > whole.weight() {
            *whole = part;
        }
    }
    let tables: Vec<&Key> = tables(judge.timeline).collect();
    let tables_found = tables.iter().filter(|key| judge.evidence.found(key).is_some()).count();
    Contact { statements, tables: tables.len(), tables_found }
}

fn evident(judge: &Judge<'_>, (at, unit): (usize, &Unit<'_>), ruling: &Ruling, pending: &[Script<'_>]) -> Evident {
    let directives = &pending[unit.revision].statements[unit.statement].directives;
    let UnitKind::Change(_) = unit.kind else { return of_data(unit.kind, ruling, directives) };
    if unit.idle_on.is_some() || unit.is_temporary {
        return Evident::Nothing;
    }
    match ruling.decision {
        Decision::Satisfied => in_force(judge, unit),
        Decision::Skipped => Evident::Nothing,
        // No key shows it, so neither its presence nor its absence can be shown.
        Decision::Apply | Decision::Run | Decision::Conflict if unit.writes.is_empty() => Evident::Untold,
        Decision::Apply | Decision::Run | Decision::Blocked | Decision::Spent => Evident::Absent,
        Decision::Converge | Decision::Conflict => {
            let difference = || unit.writes.iter().find_map(|write| judge.difference(write));
            let told = ruling.clone().differing(ruling.difference().cloned().or_else(difference));
            let Finding { reason, difference, .. } = Finding::new(unit, &told, pending);
            // What to do about an owner is the same whatever the history says.
            let refusal = owners::refusal(judge, at);
            let next = refusal.iter().flat_map(Ruling::next).cloned().filter_map(Advice::text).collect();
            Evident::Differs { reason, difference, next }
        }
    }
}

/// Objects that others may have made for the chain, and properties that can be equal by themselves (a comment, a right), are no
/// sign of the chain.
fn in_force(judge: &Judge<'_>, unit: &Unit<'_>) -> Evident {
    let is_own = |write: &Write| !write.key.is_property() && judge.evidence.found(&write.key).is_some();
    Evident::InForce { own: !is_surrounding(unit) && unit.writes.iter().any(is_own) }
}

fn of_data(kind: UnitKind<'_>, ruling: &Ruling, directives: &[StatementDirective]) -> Evident {
    let says_how_to_tell = directives.iter().any(|one| matches!(one, StatementDirective::Unless { .. }));
    match kind {
        UnitKind::Setting | UnitKind::Repeatable => Evident::Nothing,
        UnitKind::Data(_) | UnitKind::Opaque(_) | UnitKind::Unjudged(_) | UnitKind::Change(_) => {
            if says_how_to_tell && ruling.decision == Decision::Satisfied {
                Evident::InForce { own: false }
            } else {
                Evident::Untold
            }
        }
    }
}

/// The tables that the chain has at its end.
fn tables<'a>(timeline: &'a Timeline<'_>) -> impl Iterator<Item = &'a Key> {
    let is_table = |definition: &Definition| matches!(definition, Definition::Table(_));
    timeline
        .versions
        .iter()
        .filter_map(move |(key, versions)| versions.last()?.value.definition().is_some_and(is_table).then_some(key))
}
