//! The columns of tables in the order in which the chain creates them.

use std::collections::BTreeMap;

use super::model::{Model, Reading};
use super::timeline::{Script, Write};
use crate::catalog::{Key, Surroundings};
use crate::pg::name::QualifiedName;
use crate::statement::change::{Act, Change, Effect, Object};

/// The columns of each table; a table whose script does not list them is missing.
pub(super) type Columns = BTreeMap<QualifiedName, Vec<String>>;

/// The order after all scripts.
pub(super) fn of(scripts: &[Script<'_>], surroundings: &Surroundings) -> Columns {
    let mut model = Model::new(surroundings);
    let mut columns = Columns::new();
    for script in scripts {
        for effect in script {
            match effect {
                Effect::Changes(changes) => {
                    for change in changes {
                        let reading = model.change(change);
                        note(&mut columns, change, &reading);
                    }
                }
                effect => drop(model.effect(effect)),
            }
        }
        model.end_revision();
    }
    columns
}

fn note(columns: &mut Columns, change: &Change, reading: &Reading) {
    match &change.act {
        Act::Rename { object: Object::Column { .. }, to, .. } => {
            for (table, from) in reading.writes.iter().filter(|write| write.removes()).filter_map(column) {
                let renamed = columns.get_mut(table).and_then(|all| all.iter_mut().find(|name| *name == from));
                renamed.into_iter().for_each(|name| name.clone_from(to));
            }
        }
        Act::Rename { .. } | Act::SetSchema { .. } => {
            let relation = |is: fn(&Write) -> bool| {
                reading.writes.iter().filter(|write| is(write)).find_map(|write| match write.key() {
                    Key::Relation(name) => Some(name),
                    _ => None,
                })
            };
            if let (Some(from), Some(to)) = (relation(Write::removes), relation(Write::makes))
                && let Some(moved) = columns.remove(from)
            {
                columns.insert(to.clone(), moved);
            }
        }
        act => note_others(columns, act, reading),
    }
}

fn note_others(columns: &mut Columns, act: &Act, reading: &Reading) {
    for write in reading.writes.iter().filter(|write| write.is_change()) {
        if let Key::Relation(table) = write.key() {
            columns.remove(table);
            if let Act::CreateTable(new) = act
                && new.name.name == table.name
                && new.likes.is_empty()
                && new.inherits.is_empty()
                && new.partition_of.is_none()
                && new.of_type.is_none()
            {
                columns.insert(table.clone(), new.columns.iter().map(|column| column.name.clone()).collect());
            }
        }
    }
    for write in reading.writes.iter().filter(|write| write.is_change()) {
        let Some((table, name)) = column(write) else { continue };
        let Some(all) = columns.get_mut(table) else { continue };
        if write.removes() {
            all.retain(|other| other != name);
        } else if !all.contains(name) {
            all.push(name.clone());
        }
    }
}

fn column(write: &Write) -> Option<(&QualifiedName, &String)> {
    match write.key() {
        Key::Column(table, name) => Some((table, name)),
        _ => None,
    }
}
