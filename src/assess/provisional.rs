//! Facts that a plan shows beside the verdicts: the conditions that only a run can check, and the former types of columns.

use std::collections::BTreeMap;

use super::evidence::Fit;
use super::judge::Judge;
use super::needs::missing;
use super::owners;
use super::reason::{List, Reason};
use super::request::Script;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{Definition, Found, Key, Surroundings};
use crate::chain::directive::StatementDirective;
use crate::expect::{Expected, UnitKind};
use crate::sql::TypeName;
use crate::statement::Statement;
use crate::statement::change::{Act, TableAct};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provisional {
    /// The reasons why the verdict is provisional, a sentence each.
    pub provisional: Vec<Reason>,
    /// The former types of the columns whose type it changes.
    pub types_before: Vec<(String, TypeName)>,
}

/// The facts by script and statement; statements without facts are missing.
pub(super) fn outlooks(
    judge: &Judge<'_>,
    surroundings: &Surroundings,
    pending: &[Script<'_>],
    (rulings, decided): (&[Ruling], &[Decision]),
    asks_data: bool,
) -> BTreeMap<(usize, usize), Provisional> {
    let mut all: BTreeMap<(usize, usize), Provisional> = BTreeMap::new();
    for (at, (unit, ruling)) in judge.timeline.units.iter().zip(rulings).enumerate() {
        let mut provisional = Provisional::default();
        let sets_not_null = unit.writes.iter().any(|write| {
            matches!(write.after.definition(), Some(Definition::NotNull(true)))
                && matches!(judge.evidence.found(write.key()), Some(Found::NotNull(false)))
        });
        let would_ask = !asks_data && ruling.decision == Decision::Converge && sets_not_null;
        if ruling.reason.as_deref() == Some(&Reason::WouldAsk) || would_ask {
            provisional.provisional.push(Reason::WouldAsk);
        }
        provisional.provisional.extend(ruling.provisional().cloned());
        if let Some(key) = missing::gone_unread(judge, surroundings, rulings, at) {
            provisional.provisional.push(Reason::MayBeRemoved { key: key.clone() });
        }
        let rests_on = |decision| matches!(decision, Decision::Satisfied | Decision::Converge | Decision::Conflict);
        let rests_on_fit = |fit: &Fit| {
            let values =
                unit.writes.iter().flat_map(|write| [(write.key(), &write.before), (write.key(), &write.after)]);
            values.into_iter().any(|(key, value)| {
                judge.evidence.fit(key, value) == *fit
                    || judge.evidence.fit_but_not_valid(key, value).as_ref() == Some(fit)
            })
        };
        if owners::refusal(judge, at, decided).is_none() {
            if rests_on_fit(&Fit::Uncompared) {
                provisional.provisional.push(Reason::ToCompare);
            } else if rests_on(ruling.decision) && rests_on_fit(&Fit::Likely) {
                provisional.provisional.push(Reason::ToProve);
            }
        }
        if missing::runs(ruling) {
            let statement = &pending[unit.revision].statements[unit.statement];
            provisional.provisional.extend(only_when_it_runs(statement));
            // Otherwise the rows are queried, or the reason is given.
            if !asks_data && statement.expectations().next().is_some() {
                provisional.provisional.push(Reason::WouldAsk);
            }
            provisional.provisional.extend(hoped_for(judge, surroundings, rulings, at));
        }
        if let UnitKind::Change(change) = unit.kind
            && let Act::AlterTable { act: TableAct::SetType { column, .. }, .. } = &change.act
        {
            let types = unit.writes.iter().filter_map(|write| match (write.key(), write.before.definition()) {
                (Key::Column(_, name), Some(Definition::Column(before))) if name == column => Some(before),
                _ => None,
            });
            provisional.types_before.extend(types.map(|before| (column.clone(), before.type_.clone())));
        }
        if provisional != Provisional::default() {
            let whole = all.entry((unit.revision, unit.statement)).or_default();
            provisional.provisional.retain(|reason| !whole.provisional.contains(reason));
            whole.provisional.append(&mut provisional.provisional);
            whole.types_before.append(&mut provisional.types_before);
        }
    }
    all
}

/// Conditions that are not checked before the statement runs.
fn only_when_it_runs(statement: &Statement) -> Option<Reason> {
    let has = |wanted: fn(&StatementDirective) -> bool| statement.directives.iter().any(wanted);
    if has(|directive| matches!(directive, StatementDirective::RunAsIs)) {
        return Some(Reason::NotLookedAt);
    }
    if has(|directive| matches!(directive, StatementDirective::Check { .. })) {
        return Some(Reason::CheckLater);
    }
    None
}

/// The missing objects that it needs and that only earlier code or an extension can create.
fn hoped_for(judge: &Judge<'_>, surroundings: &Surroundings, rulings: &[Ruling], at: usize) -> Option<Reason> {
    let unit = &judge.timeline.units[at];
    let is_hoped_for = |key: &Key| {
        !missing::is_there(judge, surroundings, key)
            && matches!(judge.timeline.at(key, at), None | Some(Expected::Unknown))
    };
    let hoped: Vec<Key> = unit.needs.iter().filter(|need| is_hoped_for(&need.0)).map(|need| need.0.clone()).collect();
    (!hoped.is_empty() && missing::may_be_made(judge, rulings, at)).then_some(Reason::MayBeMade { keys: List(hoped) })
}
