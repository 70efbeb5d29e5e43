//! The meaning of a pending script's names in the catalog before the run: an earlier statement may create, rename, move or drop
//! the object.

use crate::sql::Named;
use crate::statement::change::{Act, Change, Effect, Object, RelationKind, Setting, TableAct};

/// A namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    Schema,
    Relation,
    Type,
}

/// The names that pending statements have given and removed so far.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Each new name, with the object's name before the run; none if the object did not exist.
    given: Vec<(Space, Named, Option<Named>)>,
    /// The same for columns, by their table's name before the run.
    columns: Vec<(Named, String, Option<String>)>,
    /// The search_path that the script has set.
    path: Option<Vec<String>>,
}

impl Names {
    /// A script's settings end with it.
    pub fn begin_script(&mut self) {
        self.path = None;
    }

    pub fn path(&self) -> Option<&[String]> {
        self.path.as_deref()
    }

    /// The name of a relation before the run; none if the run itself creates it.
    pub fn relation(&self, named: &Named) -> Option<Named> {
        self.origin(Space::Relation, named)
    }

    /// The name of a type; a table is also a type.
    pub fn type_(&self, named: &Named) -> Option<Named> {
        let is_given = self.given.iter().any(|(space, name, _)| *space == Space::Type && is_same(name, named));
        self.origin(if is_given { Space::Type } else { Space::Relation }, named)
    }

    pub fn schema(&self, name: &str) -> Option<String> {
        self.origin(Space::Schema, &bare(name)).map(|named| named.name)
    }

    /// The name before the run of a column, whose table has its name before the run.
    pub fn column(&self, table: &Named, column: &str) -> Option<String> {
        let given = self.columns.iter().rev().find(|(on, now, _)| is_same(on, table) && now == column);
        given.map_or_else(|| Some(column.to_owned()), |(_, _, before)| before.clone())
    }

    fn origin(&self, space: Space, named: &Named) -> Option<Named> {
        if let Some((_, _, before)) = self.given.iter().rev().find(|(of, now, _)| *of == space && is_same(now, named)) {
            return before.clone();
        }
        match &named.schema {
            Some(schema) => Some(Named { schema: Some(self.schema(schema)?), ..named.clone() }),
            None => Some(named.clone()),
        }
    }

    /// Applies the effects of a statement that will run.
    pub fn follow(&mut self, effect: &Effect) {
        match effect {
            Effect::Changes(changes) => changes.iter().for_each(|change| self.change(change)),
            Effect::Setting(Setting::SearchPath(path)) => self.path.clone_from(path),
            Effect::Setting(Setting::All) => self.path = None,
            Effect::Setting(_) | Effect::Data(_) | Effect::Opaque(_) | Effect::Repeatable | Effect::Unjudged(..) => {}
        }
    }

    fn change(&mut self, Change { act, guarded, .. }: &Change) {
        match act {
            Act::CreateTable(new) => self.make(Space::Relation, &new.name, *guarded || new.if_not_exists),
            Act::CreateTableAs(new) => self.make(Space::Relation, &new.name, *guarded || new.if_not_exists),
            Act::CreateView(new) => self.make(Space::Relation, &new.name, *guarded || new.replace),
            Act::CreateSequence { name, if_not_exists, .. } => {
                self.make(Space::Relation, name, *guarded || *if_not_exists);
            }
            Act::CreateEnum { name, .. } | Act::CreateComposite { name, .. } | Act::CreateRange { name, .. } => {
                self.make(Space::Type, name, *guarded);
            }
            Act::CreateDomain(new) => self.make(Space::Type, &new.name, *guarded),
            Act::CreateSchema { name, if_not_exists } => {
                self.make(Space::Schema, &bare(name), *guarded || *if_not_exists);
            }
            Act::AlterTable { table, act, .. } => self.alter(table, act),
            Act::Rename { object, to, .. } => self.rename(object, to),
            Act::SetSchema { object, to, .. } => {
                if let Some((space, named)) = spaced(object) {
                    self.give(space, named, Named { schema: Some(to.clone()), name: named.name.clone() });
                }
            }
            Act::Drop { object, .. } => match object {
                Object::Schema(name) => self.given.push((Space::Schema, bare(name), None)),
                object => {
                    if let Some((space, named)) = spaced(object) {
                        self.given.push((space, named.clone(), None));
                    }
                }
            },
            _ => {}
        }
    }

    /// With IF NOT EXISTS an existing object stays; the catalog shows if it exists.
    fn make(&mut self, space: Space, name: &Named, if_not_exists: bool) {
        let is_gone = self.origin(space, name).is_none();
        if is_gone || !if_not_exists {
            self.given.push((space, name.clone(), None));
        }
    }

    fn give(&mut self, space: Space, now: &Named, to: Named) {
        let before = self.origin(space, now);
        self.given.push((space, now.clone(), None));
        self.given.push((space, to, before));
    }

    fn rename(&mut self, object: &Object, to: &str) {
        match object {
            Object::Schema(name) => self.give(Space::Schema, &bare(name), bare(to)),
            Object::Column { table, column } => {
                let Some(table) = self.relation(table) else { return };
                let before = self.column(&table, column);
                self.columns.push((table.clone(), column.clone(), None));
                self.columns.push((table, to.to_owned(), before));
            }
            object => {
                if let Some((space, named)) = spaced(object) {
                    let to = Named { schema: named.schema.clone(), name: to.to_owned() };
                    self.give(space, named, to);
                }
            }
        }
    }

    fn alter(&mut self, table: &Named, act: &TableAct) {
        let column = match act {
            TableAct::DropColumn { column, .. } => column,
            TableAct::AddColumn { column, if_not_exists: false } => &column.name,
            _ => return,
        };
        if let Some(table) = self.relation(table) {
            self.columns.push((table, column.clone(), None));
        }
    }
}

fn bare(name: &str) -> Named {
    Named { schema: None, name: name.to_owned() }
}

/// True if the names may be the same: a name without a schema matches one with any.
pub(super) fn is_same(one: &Named, other: &Named) -> bool {
    one.name == other.name && (one.schema.is_none() || other.schema.is_none() || one.schema == other.schema)
}

fn spaced(object: &Object) -> Option<(Space, &Named)> {
    match object {
        Object::Relation { kind: RelationKind::Index, .. } => None,
        Object::Relation { name, .. } => Some((Space::Relation, name)),
        Object::Type(name) | Object::Domain(name) => Some((Space::Type, name)),
        _ => None,
    }
}
