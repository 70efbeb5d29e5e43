//! Temporary relations of a partly executed revision: created and filled again only if a lasting statement that is to run uses
//! them.

use super::judge::Judge;
use super::needs::missing::runs;
use super::reason::Reason;
use super::request::Script;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::expect::{Unit, UnitKind};
use crate::sql::names_in;

pub(super) fn leave_out(judge: &Judge<'_>, pending: &[Script<'_>], rulings: &mut [Ruling]) {
    let units = &judge.timeline.units[..rulings.len()];
    let mut at = 0;
    for of_revision in units.chunk_by(|one, other| one.revision == other.revision) {
        let own = at..at + of_revision.len();
        at = own.end;
        let made = of_revision.iter().filter_map(|unit| match unit.kind {
            UnitKind::Change(change) => change.act.temporary().map(|made| made.name.as_str()),
            _ => None,
        });
        let mut names: Vec<&str> = made.collect();
        if names.is_empty() || !judge.is_begun(own.start) {
            continue;
        }
        names.push("pg_temp");
        let reads_them = |other: usize| {
            let script = &pending[units[other].revision];
            let sql = &script.text[script.statements[units[other].statement].range.clone()];
            names_in(sql).any(|word| names.contains(&word.as_str()))
        };
        let stays = |other: usize| runs(&rulings[other]) && !leaves_nothing(&units[other]);
        if own.clone().any(|other| stays(other) && reads_them(other)) {
            continue;
        }
        for other in own.filter(|&other| leaves_nothing(&units[other])) {
            if runs(&rulings[other]) {
                rulings[other] = Ruling::new(Decision::Satisfied, Reason::Unneeded);
            }
        }
    }
}

/// True if everything that a unit does ends with its session.
fn leaves_nothing(unit: &Unit<'_>) -> bool {
    match unit.kind {
        UnitKind::Change(_) => unit.is_temporary && unit.writes.is_empty(),
        UnitKind::Data(_) => unit.is_temporary,
        UnitKind::Opaque(_) | UnitKind::Unjudged(_) | UnitKind::Setting | UnitKind::Repeatable => false,
    }
}
