//! Indexes of partitions that were created with their parent's.
//!
//! A chain may create the partitions' indexes first, with names of its own, and the parent's index adopts them. If the parent's
//! index was created by hand before, the server created one on each partition, and the chain's would be a second one.

use super::advice::Advice;
use super::judge::Judge;
use super::reason::Reason;
use super::ruling::Ruling;
use crate::catalog::{Found, FoundIndex, Key};
use crate::expect::{Unit, UnitKind};
use crate::pg::name::{QualifiedName, quote_ident};
use crate::statement::change::{Act, NewIndex};

/// The verdict on an index of a partition that has an equal one with a server-chosen name.
pub fn ruling(judge: &Judge<'_>, at: usize) -> Option<Ruling> {
    let (new, table) = new_index(&judge.timeline.units[at])?;
    let name = new.name.as_deref()?;
    if judge.evidence.found(&Key::Relation(table.beside(name))).is_some() {
        return None;
    }
    let parents = parents(judge, table);
    let later = judge.timeline.units[at + 1..].iter().filter_map(new_index);
    let of_parent =
        later.filter(|(parent, of)| parent.build == new.build && parents.contains(of)).find_map(made_before(judge))?;
    let own = judge.evidence.catalog.on(table).find_map(|(key, found)| match found {
        Found::Index(found) if is_its(judge, key, found, of_parent) => Some(found),
        _ => None,
    })?;
    let rename = format!("ALTER INDEX {} RENAME TO {}", table.beside(&own.name).quoted(), quote_ident(name));
    let reason = Reason::CameWithParent { index: own.name.clone(), parent: of_parent.name.clone() };
    Some(if new.concurrently {
        Ruling::conflict(reason, None).offering([Advice::Make(rename + ";")])
    } else {
        Ruling::converge(reason, vec![rename])
    })
}

fn new_index<'u>(unit: &'u Unit<'_>) -> Option<(&'u NewIndex, &'u QualifiedName)> {
    let UnitKind::Change(change) = unit.kind else { return None };
    let Act::CreateIndex(new) = &change.act else { return None };
    let table = unit.needs.iter().find_map(|need| match &need.0 {
        Key::Relation(name) if name.name == new.table.name => Some(name),
        _ => None,
    })?;
    Some((new, table))
}

/// The tables of which a table is a partition, by the catalog.
fn parents<'j>(judge: &'j Judge<'_>, table: &QualifiedName) -> Vec<&'j QualifiedName> {
    let parent = |of: &QualifiedName| match judge.evidence.found(&Key::Relation(of.clone())) {
        Some(Found::Table(found)) => found.partition_of.as_ref().map(|(parent, _)| parent),
        _ => None,
    };
    std::iter::successors(parent(table), |of| parent(of)).collect()
}

/// The index of a later statement, if it exists and no applied statement is known to have created it.
fn made_before<'j>(judge: &'j Judge<'_>) -> impl FnMut((&NewIndex, &QualifiedName)) -> Option<&'j FoundIndex> {
    move |(new, table)| {
        let key = Key::Relation(table.beside(new.name.as_deref()?));
        if judge.timeline.base.is_present(&key) {
            return None;
        }
        match judge.evidence.found(&key) {
            Some(Found::Index(found)) if found.partitioned && found.table == *table => Some(found),
            _ => None,
        }
    }
}

fn is_its(judge: &Judge<'_>, key: &Key, found: &FoundIndex, of_parent: &FoundIndex) -> bool {
    found.constraint.is_none()
        && (found.unique, &found.definition) == (of_parent.unique, &of_parent.definition)
        && !judge.timeline.writes(key)
        && !judge.timeline.base.is_present(key)
}
