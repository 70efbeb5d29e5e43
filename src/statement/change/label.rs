//! The object that a statement creates, in a word or two: for summaries.

use super::{Act, Effect, TableAct};
use crate::sql::Named;

/// The name of the first object that the statement creates; none if that has no name.
pub fn made(effect: &Effect) -> Option<String> {
    let Effect::Changes(changes) = effect else { return None };
    let name = |named: &Named| Some(named.name.clone());
    changes.iter().find_map(|change| match &change.act {
        Act::CreateIndex(new) => new.name.clone(),
        Act::CreateTable(new) => name(&new.name),
        Act::CreateTableAs(new) => name(&new.name),
        Act::CreateView(new) => name(&new.name),
        Act::CreateFunction(new) => name(&new.name),
        Act::CreateTrigger(new) => Some(new.name.clone()),
        Act::CreatePolicy { name, .. } | Act::CreateRule { name, .. } => Some(name.clone()),
        Act::CreateEnum { name: new, .. } => name(new),
        Act::AlterTable { table, act, .. } => match act {
            TableAct::AddColumn { column, .. } => Some(format!("{}.{}", table.name, column.name)),
            TableAct::AddConstraint(new) => new.name.clone(),
            _ => None,
        },
        _ => None,
    })
}
