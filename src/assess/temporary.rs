//! Temporary relations of a revision of which a part ran: made again only where something that is to run names them.

use super::judge::Judge;
use super::needs::missing::runs;
use super::ruling::Ruling;
use super::survey::Script;
use super::verdict::Decision;
use crate::expect::UnitKind;
use crate::sql::names_in;
use crate::statement::change::Act;

pub(super) fn leave_out(judge: &Judge<'_>, pending: &[Script<'_>], rulings: &mut [Ruling]) {
    let units = &judge.timeline.units;
    for at in 0..rulings.len() {
        let UnitKind::Change(change) = units[at].kind else { continue };
        let Some(made) = change.act.temporary().filter(|_| judge.is_begun(at)) else { continue };
        let names_it = |other: usize| {
            let script = &pending[units[other].revision];
            let sql = &script.text[script.statements[units[other].statement].range.clone()];
            names_in(sql).any(|name| name == made.name)
        };
        let is_own = |other: &usize| units[*other].revision == units[at].revision;
        let (drops, users): (Vec<usize>, Vec<usize>) = (at + 1..units.len())
            .take_while(is_own)
            .filter(|&other| runs(&rulings[other]) && names_it(other))
            .partition(|&other| matches!(units[other].kind, UnitKind::Change(change) if matches!(change.act, Act::Drop { .. })));
        if users.is_empty() {
            for unit in drops.into_iter().chain([at]) {
                rulings[unit] = Ruling::new(Decision::Satisfied, "nothing that is to run reads it");
            }
        }
    }
}
