//! RENAME and SET SCHEMA: an object moves with all its parts.

use std::sync::Arc;

use super::model::{Model, is_of_session};
use super::renamed_inside::{Renamed, on_table, pointing, rename_in, with_column, with_table};
use super::state::{Expected, schema_of};
use crate::catalog::{self, Definition, Key, TableProperty};
use crate::pg::name::QualifiedName;
use crate::sql::Template;
use crate::sql::partition_key;
use crate::statement::change::Object;

impl Model<'_> {
    pub(super) fn rename(&mut self, object: &Object, to: &str, if_exists: bool) {
        let Some(key) = self.object(object) else { return self.rename_within(object, to) };
        if self.is_gone_already(&key, if_exists) {
            return;
        }
        let renamed = |name: &QualifiedName| name.beside(to);
        match &key {
            Key::Relation(name) => self.move_relation(name, &renamed(name)),
            Key::Column(table, column) => {
                for table in self.family(table) {
                    self.rename_column(&table, column, to);
                }
            }
            Key::Constraint(table, name) => {
                self.move_key(key.clone(), Key::Constraint(table.clone(), to.to_owned()));
                let index = |name: &str| Key::Relation(table.beside(name));
                if matches!(self.state.definition(&index(name)), Some(Definition::ConstraintIndex { table: of }) if of == table)
                {
                    self.move_key(index(name), index(to));
                    self.rename_replica_identity(&table.beside(name), &table.beside(to));
                }
            }
            Key::Trigger(table, name) => {
                let state = |name: &str| Key::TriggerState(table.clone(), name.to_owned());
                self.move_key(state(name), state(to));
                self.move_key(key.clone(), Key::Trigger(table.clone(), to.to_owned()));
            }
            Key::Policy(table, _) => self.move_key(key.clone(), Key::Policy(table.clone(), to.to_owned())),
            Key::Rule(table, _) => self.move_key(key.clone(), Key::Rule(table.clone(), to.to_owned())),
            Key::Type(name) => self.move_type(name, &renamed(name)),
            Key::Function(name, arguments) => {
                if let Some(body) = self.bodies.get(&name.name).cloned() {
                    self.learn_body(to, body);
                }
                self.move_function(name, &renamed(name), arguments);
            }
            Key::Collation(name) => self.move_collation(name, &renamed(name)),
            Key::Statistics(name) => self.move_key(key.clone(), Key::Statistics(renamed(name))),
            Key::Extension(_) => {}
            Key::Schema(name) => self.move_schema(&name.clone(), to),
            Key::Role(name) => {
                self.rename_role(name, to);
                self.move_key(key.clone(), Key::Role(to.to_owned()));
            }
            Key::Publication(name) => {
                for one in self.tables_of(name) {
                    if let Key::Published(_, table) = &one {
                        self.move_key(one.clone(), Key::Published(to.to_owned(), table.clone()));
                    }
                }
                self.move_key(key.clone(), Key::Publication(to.to_owned()));
            }
            Key::EventTrigger(_) => self.move_key(key.clone(), Key::EventTrigger(to.to_owned())),
            _ => {}
        }
    }

    fn move_function(&mut self, from: &QualifiedName, to: &QualifiedName, arguments: &[String]) {
        self.repoint_event_triggers(from, to);
        self.blur_mentions(&from.name);
        self.move_key(Key::Function(from.clone(), arguments.to_vec()), Key::Function(to.clone(), arguments.to_vec()));
    }

    /// The key of an object under its new name.
    pub(super) fn renamed(&self, object: &Object, to: &str) -> Option<Key> {
        Some(match self.object(object)? {
            Key::Relation(name) => Key::Relation(name.beside(to)),
            Key::Type(name) => Key::Type(name.beside(to)),
            Key::Column(table, _) => Key::Column(table, to.to_owned()),
            Key::Constraint(table, _) => Key::Constraint(table, to.to_owned()),
            _ => return None,
        })
    }

    /// Renames a part of an object.
    fn rename_within(&mut self, object: &Object, to: &str) {
        match object {
            Object::Attribute { type_, attribute } => {
                let key = Key::Type(self.type_(type_));
                self.need(key.clone());
                self.blur_mentions(attribute);
                match self.state.definition(&key).cloned() {
                    Some(Definition::Composite { mut attributes }) => {
                        for (name, _) in attributes.iter_mut().filter(|(name, _)| name == attribute) {
                            to.clone_into(name);
                        }
                        self.set(key, Definition::Composite { attributes });
                    }
                    _ => self.unstate(key),
                }
            }
            Object::DomainConstraint { domain, name } => {
                let key = Key::Type(self.type_(domain));
                self.change_domain(key, &Template::rename_domain_constraint(name, to), |not_valid| {
                    not_valid.iter_mut().filter(|other| *other == name).for_each(|other| to.clone_into(other));
                });
            }
            _ => {}
        }
    }

    /// Moves a key, with its comment, owner and rights, to another name.
    pub(super) fn move_key(&mut self, from: Key, to: Key) {
        let about = self.about(&from);
        for key in about {
            let to = Box::new(to.clone());
            let moved = match &key {
                Key::Comment(_) => Key::Comment(to),
                Key::Owner(_) => Key::Owner(to),
                Key::Grant(_, role, privilege) => Key::Grant(to, role.clone(), privilege.clone()),
                _ => continue,
            };
            self.move_one(key, moved);
        }
        self.move_one(from, to);
    }

    fn move_one(&mut self, from: Key, to: Key) {
        if self.state.is_guessed(&from) {
            self.state.note_guessed(to.clone());
        }
        let value = self.state.get(&from).cloned().unwrap_or(Expected::Unknown);
        self.remove(from);
        if value.is_present() { self.arrive(to, value) } else { self.value(to, value) }
    }

    pub(super) fn move_relation(&mut self, from: &QualifiedName, to: &QualifiedName) {
        if is_of_session(from) {
            let old = std::mem::take(&mut self.temporaries);
            let renamed = |name: String| if name == from.name { to.name.clone() } else { name };
            self.temporaries = old.into_iter().map(|(name, on)| (renamed(name), renamed(on))).collect();
            return;
        }
        self.blur_views_of(from, to);
        self.blur_mentions_of_table(from);
        self.state.move_cloud(from, to);
        for key in self.state.on(from) {
            self.move_hanging(&key, from, to);
        }
        if let Some(Definition::Index(_) | Definition::ConstraintIndex { .. }) =
            self.state.definition(&Key::Relation(from.clone()))
        {
            self.rename_constraint_of_index(from, to);
        }
        self.move_key(Key::Relation(from.clone()), Key::Relation(to.clone()));
        if let Some(Definition::Table(table)) = self.state.shape_of(&Key::Relation(to.clone())).cloned() {
            self.note_child(to, &table);
        }
        if self.state.is_cloud_over(to) {
            self.cloud_table(to);
        }
        self.move_arguments(from, to);
        self.retype(from, to);
        self.repoint(from, to);
        self.rename_replica_identity(from, to);
    }

    /// A replica identity names its index, so it follows the index's new name.
    pub(super) fn rename_replica_identity(&mut self, from: &QualifiedName, to: &QualifiedName) {
        for mark in self.replica_identities(from, to) {
            self.set(mark, Definition::Word(Some(to.name.clone())));
        }
    }

    pub(super) fn forget_replica_identity(&mut self, index: &QualifiedName) {
        self.replica_identities(index, index).into_iter().for_each(|mark| self.forget(mark));
    }

    /// The replica identities that name an index, which is known under `now`.
    fn replica_identities(&self, named: &QualifiedName, now: &QualifiedName) -> Vec<Key> {
        let Some(Definition::Index(_) | Definition::ConstraintIndex { .. }) =
            self.state.definition(&Key::Relation(now.clone()))
        else {
            return Vec::new();
        };
        let is_it = |(key, value): &(&Key, &Expected)| {
            matches!(key, Key::TableProperty(_, TableProperty::ReplicaIdentity))
                && matches!(value.definition(), Some(Definition::Word(Some(word))) if *word == named.name)
        };
        self.state.iter().filter(is_it).map(|(key, _)| key.clone()).collect()
    }

    /// ALTER INDEX … RENAME renames the constraint of the index too.
    fn rename_constraint_of_index(&mut self, from: &QualifiedName, to: &QualifiedName) {
        if let Some(Definition::ConstraintIndex { table }) =
            self.state.definition(&Key::Relation(from.clone())).cloned()
        {
            let key = |name: &QualifiedName| Key::Constraint(table.clone(), name.name.clone());
            self.move_key(key(from), key(to));
        }
    }

    fn move_hanging(&mut self, key: &Key, from: &QualifiedName, to: &QualifiedName) {
        match key {
            // The index keeps its name; the table in its definition changes.
            Key::Relation(name) => {
                let moved = if from.schema == to.schema { name.clone() } else { to.beside(name.name.clone()) };
                self.move_with(key.clone(), Key::Relation(moved.clone()), from, to);
                // The default of a serial, if its sequence moved too.
                if moved != *name {
                    self.repoint(name, &moved);
                }
            }
            Key::Statistics(_) => self.move_with(key.clone(), key.clone(), from, to),
            // Other keys move with the object to which they belong.
            key => {
                if let Some(moved) = key.on_table(to.clone()) {
                    self.move_with(key.clone(), moved, from, to);
                }
            }
        }
    }

    /// Moves a key whose definition may name the table.
    fn move_with(&mut self, key: Key, moved: Key, from: &QualifiedName, to: &QualifiedName) {
        if moved != key {
            self.move_key(key, moved.clone());
        }
        let has_its_text = match self.state.definition(&moved) {
            Some(Definition::Index(index)) => with_table(&index.build, from, to).is_some(),
            Some(Definition::Constraint(constraint)) => with_table(&constraint.build, from, to).is_some(),
            _ => true,
        };
        if !has_its_text {
            self.blur(moved.clone());
        }
        self.reshape(moved, |definition| on_table(definition, from, to));
    }

    /// Foreign keys, partitions, children and defaults that reference a relation get its new name.
    fn repoint(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let all: Vec<(Key, Definition)> = self
            .state
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), pointing(value.shape()?, from, to)?)))
            .collect();
        for (key, definition) in all {
            if let (Key::Relation(child), Definition::Table(table)) = (&key, &definition) {
                self.note_child(&child.clone(), table);
            }
            self.reshape(key, |_| Some(definition));
        }
    }

    fn rename_column(&mut self, table: &QualifiedName, from: &str, to: &str) {
        self.state.note_renamed_column(table.clone());
        self.blur_views_of(table, table);
        if matches!(self.state.definition(&Key::Relation(table.clone())), Some(Definition::View { .. })) {
            self.blur(Key::Relation(table.clone()));
        }
        let (old, new) = (from.to_owned(), to.to_owned());
        let moves = |make: &dyn Fn(String) -> Key| (make(old.clone()), make(new.clone()));
        let mut pairs = vec![
            moves(&|name| Key::Default(table.clone(), name)),
            moves(&|name| Key::NotNull(table.clone(), name)),
            moves(&|name| Key::Column(table.clone(), name)),
        ];
        for key in self.state.on(table) {
            if let Key::ColumnProperty(_, name, property) = &key
                && name == from
            {
                let to = Key::ColumnProperty(table.clone(), new.clone(), property.clone());
                pairs.push((key.clone(), to));
            }
        }
        for (from, to) in pairs {
            self.move_key(from, to);
        }
        self.rename_in_partition_key(table, from, to);
        self.blur_mentions_of_column(table, from);
        for key in self.state.on(table) {
            let Some(definition) = self.state.shape_of(&key).cloned() else { continue };
            match with_column(definition, from, to) {
                Renamed::Untouched => {}
                Renamed::To(definition) => self.reshape(key, |_| Some(*definition)),
                Renamed::Otherwise(definition) => self.value(key, Expected::Blurred(Arc::new(*definition))),
            }
        }
        self.repoint_column(table, from, to);
    }

    /// Renames a column in its table's partition key; a key with an expression is no longer stated.
    fn rename_in_partition_key(&mut self, table: &QualifiedName, from: &str, to: &str) {
        let key = Key::Relation(table.clone());
        let Some(Definition::Table(of)) = self.state.shape_of(&key).cloned() else { return };
        let Some(by) = of.partition_by.as_deref() else { return };
        match partition_key::rename_column(by, from, to) {
            Some(by) => {
                self.reshape(key, |_| Some(Definition::Table(catalog::Table { partition_by: Some(by), ..of.clone() })))
            }
            None => self.blur(key),
        }
    }

    fn repoint_column(&mut self, table: &QualifiedName, from: &str, to: &str) {
        let all: Vec<(Key, Definition)> = self
            .state
            .iter()
            .filter_map(|(key, value)| {
                let Some(Definition::Constraint(constraint)) = value.shape() else { return None };
                let catalog::ConstraintKind::Foreign(foreign) = &constraint.kind else { return None };
                if foreign.target != *table {
                    return None;
                }
                let mut constraint = constraint.clone();
                if let catalog::ConstraintKind::Foreign(foreign) = &mut constraint.kind {
                    rename_in(foreign.target_columns.as_mut()?, from, to);
                }
                Some((key.clone(), Definition::Constraint(constraint)))
            })
            .collect();
        all.into_iter().for_each(|(key, definition)| self.reshape(key, |_| Some(definition)));
    }

    fn move_type(&mut self, from: &QualifiedName, to: &QualifiedName) {
        self.retype(from, to);
        self.blur_mentions(&from.name);
        self.move_arguments(from, to);
        self.move_key(Key::Type(from.clone()), Key::Type(to.clone()));
        // The domain's constraints keep their names, which contain its old one.
        if matches!(self.state.definition(&Key::Type(to.clone())), Some(Definition::Domain { .. })) {
            self.blur(Key::Type(to.clone()));
        }
    }

    fn move_collation(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let is_of = |column: &catalog::Column| column.collation.as_ref() == Some(from);
        let all = self.state.iter().filter_map(|(key, value)| match value.definition() {
            Some(Definition::Column(column)) if is_of(column) => Some((key.clone(), column.clone())),
            _ => None,
        });
        let all: Vec<(Key, catalog::Column)> = all.collect();
        for (key, column) in all {
            self.set(key, Definition::Column(catalog::Column { collation: Some(to.clone()), ..column }));
        }
        self.blur_mentions(&from.name);
        self.move_key(Key::Collation(from.clone()), Key::Collation(to.clone()));
    }

    /// Renames a type in the argument types of functions, which are part of their keys.
    fn move_arguments(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let (old, new) = (format!("{}.{}", from.schema, from.name), format!("{}.{}", to.schema, to.name));
        let renamed = |argument: &String| match argument.strip_prefix(&old) {
            Some("") => new.clone(),
            Some("[]") => format!("{new}[]"),
            _ => argument.clone(),
        };
        let first = Key::Function(QualifiedName::new("", ""), Vec::new());
        let all = self.state.iter_from(&first).take_while(|(key, _)| matches!(key, Key::Function(..)));
        let moved: Vec<(Key, Key)> = all
            .filter_map(|(key, value)| match key {
                Key::Function(name, arguments) if *value != Expected::Absent => {
                    let to = Key::Function(name.clone(), arguments.iter().map(renamed).collect());
                    (to != *key).then(|| (key.clone(), to))
                }
                _ => None,
            })
            .collect();
        moved.into_iter().for_each(|(from, to)| self.move_key(from, to));
    }

    /// Blurs the views over a renamed relation: their new text is not stated.
    fn blur_views_of(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let readers: Vec<(Key, Definition)> =
            self.state.readers(from).into_iter().map(|(key, view)| (key, view.clone())).collect();
        for (key, mut view) in readers {
            if let Definition::View { reads, .. } = &mut view {
                reads.iter_mut().filter(|relation| *relation == from).for_each(|relation| to.clone_into(relation));
            }
            self.value(key, Expected::Blurred(Arc::new(view)));
        }
    }

    /// Blurs definitions with types that the chain did not create: an extension moves its types to its new schema.
    fn forget_borrowed_types(&mut self) {
        let is_borrowed = |(_, value): &(&Key, &Expected)| match value.definition() {
            Some(Definition::Column(column)) => !self.is_built_in(&column.type_) && !self.is_made_type(&column.type_),
            Some(
                Definition::Queried { .. }
                | Definition::Function { .. }
                | Definition::Domain { .. }
                | Definition::Default(Some(catalog::DefaultValue::Expr { .. })),
            ) => true,
            Some(Definition::Constraint(constraint)) => !constraint.columns.is_empty(),
            Some(Definition::Index(_)) => true,
            _ => false,
        };
        let borrowed: Vec<Key> = self.state.iter().filter(is_borrowed).map(|(key, _)| key.clone()).collect();
        borrowed.into_iter().for_each(|key| self.blur(key));
    }

    fn move_schema(&mut self, from: &str, to: &str) {
        self.move_key(Key::Schema(from.to_owned()), Key::Schema(to.to_owned()));
        let inside = self.state.keys(|key, value| {
            *value != Expected::Absent && (schema_of(key) == Some(from) || is_over_type_of(key, from))
        });
        inside.into_iter().for_each(|key| self.forget(key));
        let moved = self.state.iter().filter(|(_, value)| match value.definition() {
            Some(Definition::Column(column)) => column.type_.schema.as_deref() == Some(from),
            Some(Definition::Default(Some(catalog::DefaultValue::Next(sequence)))) => sequence.schema == from,
            Some(Definition::Extension { .. } | Definition::EventTrigger { .. } | Definition::Publication(_)) => true,
            _ => false,
        });
        let moved: Vec<Key> = moved.map(|(key, _)| key.clone()).collect();
        moved.into_iter().for_each(|key| self.blur(key));
        self.blur_mentions(from);
        self.state.cloud_schema(to.to_owned());
    }

    pub(super) fn set_schema(&mut self, object: &Object, to: &str, if_exists: bool) {
        let Some(key) = self.object(object) else { return };
        if self.is_gone_already(&key, if_exists) {
            return;
        }
        self.need(Key::Schema(to.to_owned()));
        let moved = |name: &QualifiedName| QualifiedName::new(to.to_owned(), name.name.clone());
        match &key {
            Key::Relation(name) => self.move_relation(name, &moved(name)),
            Key::Type(name) => self.move_type(name, &moved(name)),
            Key::Function(name, arguments) => self.move_function(name, &moved(name), arguments),
            Key::Collation(name) => self.move_collation(name, &moved(name)),
            Key::Statistics(name) => self.move_key(key.clone(), Key::Statistics(moved(name))),
            Key::Extension(_) => {
                self.set(key.clone(), Definition::Extension { schema: Some(to.to_owned()), version: None });
                self.forget_borrowed_types();
            }
            _ => {}
        }
    }
}

/// True if a function takes a type of a schema.
fn is_over_type_of(key: &Key, schema: &str) -> bool {
    let is_of = |argument: &String| argument.split_once('.').is_some_and(|(of, _)| of == schema);
    matches!(key, Key::Function(_, arguments) if arguments.iter().any(is_of))
}
