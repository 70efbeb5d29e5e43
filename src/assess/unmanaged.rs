//! Objects that the chain does not have at any place.

use std::collections::BTreeSet;

use super::advice::{Advice, unread_code};
use super::judge::Judge;
use super::reason::{Harm, List, Reason, Said};
use super::request::Script;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{Definition, Found, Key, TableProperty};
use crate::config::OnMismatch;
use crate::expect::UnitKind;
use crate::pg::name::QualifiedName;
use crate::statement::change::Act;

/// An unmanaged object on a table, and true if it may refuse rows that the chain writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    pub key: Key,
    pub restricts_writes: bool,
}

/// The unmanaged objects on an existing table of a pending CREATE TABLE.
pub fn on_new_table(judge: &Judge<'_>, at: usize) -> Vec<Stranger> {
    let unit = &judge.timeline.units[at];
    let UnitKind::Change(change) = unit.kind else { return Vec::new() };
    let Act::CreateTable(new) = &change.act else { return Vec::new() };
    if !new.inherits.is_empty() || new.partition_of.is_some() || new.of_type.is_some() {
        return Vec::new();
    }
    let tables: BTreeSet<&QualifiedName> = unit
        .writes
        .iter()
        .filter_map(|write| match write.key() {
            Key::Column(table, _) => Some(table),
            _ => None,
        })
        .collect();
    // A copy by LIKE may be known no better than its source.
    let is_told = |table: &&QualifiedName| new.likes.is_empty() || !judge.timeline.end.is_told_in_part(table);
    tables.into_iter().filter(is_told).flat_map(|table| on(judge, table)).collect()
}

fn on(judge: &Judge<'_>, table: &QualifiedName) -> Vec<Stranger> {
    let known = |key: &Key| {
        judge.timeline.writes(key) || judge.timeline.base.get(key).is_some() || judge.evidence.is_alias(key)
    };
    let catalog = &judge.evidence.catalog;
    let mut strangers = Vec::new();
    for (key, found) in catalog.on(table).filter(|(key, _)| !known(key)) {
        let restricts_writes = match (key, found) {
            (Key::Column(table, name), Found::Column(column)) => {
                let default = catalog.get(&Key::Default(table.clone(), name.clone()));
                let not_null = catalog.get(&Key::NotNull(table.clone(), name.clone()));
                !matches!(default, Some(Found::Default(Some(_))))
                    && matches!(not_null, Some(Found::NotNull(true)))
                    && column.identity.is_none()
                    && column.generated.is_none()
            }
            (Key::Constraint(..), Found::Constraint(constraint)) => {
                if constraint.kind == 'n' {
                    continue;
                }
                true
            }
            (Key::Relation(_), Found::Index(index)) => {
                if index.constraint.is_some() {
                    continue;
                }
                index.unique
            }
            (Key::Trigger(..) | Key::Rule(..) | Key::Policy(..), _) => true,
            _ => continue,
        };
        strangers.push(Stranger { key: key.clone(), restricts_writes });
    }
    let row_security = Key::TableProperty(table.clone(), TableProperty::RowSecurity);
    if catalog.get(&row_security) == Some(&Found::Flag(true)) && !known(&row_security) {
        strangers.push(Stranger { key: row_security, restricts_writes: true });
    }
    strangers
}

/// The ruling for a table with unmanaged objects.
pub fn ruling(judge: &Judge<'_>, scripts: &[&[Script<'_>]], strangers: &[Stranger], ruling: Ruling) -> Ruling {
    let refused = strangers.iter().find(|one| one.restricts_writes || judge.on_mismatch == OnMismatch::Fail);
    let Some(stranger) = refused else {
        let strangers = List(strangers.iter().map(|one| one.key.clone()).collect());
        let said = Said(ruling.reason.clone());
        return ruling.saying(Reason::WithStrangers { said, strangers });
    };
    if !matches!(ruling.decision, Decision::Satisfied | Decision::Converge) {
        return ruling;
    }
    let harm = if stranger.restricts_writes { Harm::RefusesWrites } else { Harm::Setting };
    let key = stranger.key.clone();
    let make = Advice::from("make it the chain's in a revision of its own");
    // The chain itself may have created it on this database: then it must not be dropped.
    match stranger.key.relation().and_then(|table| Some((table, unread_code(scripts, table)?))) {
        Some((table, place)) => {
            Ruling::conflict(Reason::StrangerOfCode { key, harm, place, table: table.name.clone() }, None)
                .offering([Advice::Stamp, make])
        }
        None => Ruling::conflict(Reason::Stranger { key, harm }, None)
            .offering([make, "take it away by hand, if nobody needs it".into()]),
    }
}

/// True if a new table has unmanaged objects that may refuse rows of the chain, and unread code of the chain may have created
/// each of them.
pub fn are_all_of_code(judge: &Judge<'_>, scripts: &[&[Script<'_>]], at: usize) -> bool {
    let all = on_new_table(judge, at);
    let mut restricting = all.iter().filter(|one| one.restricts_writes).peekable();
    let is_of_code = |one: &Stranger| one.key.relation().is_some_and(|table| unread_code(scripts, table).is_some());
    restricting.peek().is_some() && restricting.all(is_of_code)
}

/// An index that equals a new one under another name: it is never renamed, only reported.
pub fn equal_index(judge: &Judge<'_>, at: usize) -> Option<String> {
    let unit = &judge.timeline.units[at];
    let UnitKind::Change(change) = unit.kind else { return None };
    let Act::CreateIndex(new) = &change.act else { return None };
    let made = unit.writes.iter().find_map(|write| match write.after.definition() {
        Some(Definition::Index(index)) if write.is_change() => Some((write.key(), index)),
        _ => None,
    });
    let (key, index) = made?;
    judge.evidence.catalog.on(&index.table).find_map(|(other, found)| match found {
        Found::Index(found)
            if other != key
                && found.unique == new.unique
                && found.constraint.is_none()
                && Some(found.definition.as_str()) == index.build.after_table() =>
        {
            Some(found.name.clone())
        }
        _ => None,
    })
}
