//! RENAME and SET SCHEMA: an object moves with everything that hangs on it.

use std::sync::Arc;

use super::model::Model;
use super::state::Expected;
use crate::catalog::{self, Conversion, Definition, Key};
use crate::pg::name::QualifiedName;
use crate::sql::change::{Object, Template};

impl Model<'_> {
    pub(super) fn rename(&mut self, object: &Object, to: &str, if_exists: bool) {
        let Some(key) = self.object(object) else { return self.rename_within(object, to) };
        if if_exists && matches!(self.state.get(&key), Some(Expected::Absent)) {
            return self.idle(key);
        }
        if !if_exists {
            self.need(key.clone());
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
                if matches!(self.state.definition(&index(name)), Some(Definition::ConstraintIndex { .. })) {
                    self.move_key(index(name), index(to));
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
                self.blur_mentions(&name.name);
                self.move_key(key.clone(), Key::Function(renamed(name), arguments.clone()));
            }
            Key::Collation(name) => self.move_key(key.clone(), Key::Collation(renamed(name))),
            Key::Statistics(name) => self.move_key(key.clone(), Key::Statistics(renamed(name))),
            Key::Extension(_) => {}
            Key::Schema(name) => self.move_schema(&name.clone(), to),
            Key::Role(_) => self.move_key(key.clone(), Key::Role(to.to_owned())),
            Key::Publication(_) => self.move_key(key.clone(), Key::Publication(to.to_owned())),
            Key::EventTrigger(_) => self.move_key(key.clone(), Key::EventTrigger(to.to_owned())),
            _ => {}
        }
    }

    /// What is renamed within an object.
    fn rename_within(&mut self, object: &Object, to: &str) {
        match object {
            Object::Attribute { type_, attribute } => {
                let key = Key::Type(self.type_(type_));
                self.need(key.clone());
                match self.state.definition(&key).cloned() {
                    Some(Definition::Composite { mut attributes }) => {
                        for (name, _) in attributes.iter_mut().filter(|(name, _)| name == attribute) {
                            to.clone_into(name);
                        }
                        self.set(key, Definition::Composite { attributes });
                    }
                    _ => self.value(key, Expected::Unknown),
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

    /// A key with what is said of it (comment, owner, rights) gets another name.
    pub(super) fn move_key(&mut self, from: Key, to: Key) {
        let is_about =
            |key: &Key| matches!(key, Key::Comment(of) | Key::Owner(of) | Key::Grant(of, ..) if **of == from);
        let about: Vec<Key> = match from.relation() {
            Some(table) => self.state.on(table).into_iter().filter(is_about).collect(),
            None => {
                let all = self.state.iter().filter(|(key, value)| is_about(key) && **value != Expected::Absent);
                all.map(|(key, _)| key.clone()).collect()
            }
        };
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
        let value = self.state.get(&from).cloned().unwrap_or(Expected::Unknown);
        self.remove(from);
        if value.is_present() { self.arrive(to, value) } else { self.value(to, value) }
    }

    pub(super) fn move_relation(&mut self, from: &QualifiedName, to: &QualifiedName) {
        self.blur_views_of(from, to);
        for key in self.state.on(from) {
            self.move_hanging(&key, from, to);
        }
        if let Some(Definition::Index(_) | Definition::ConstraintIndex { .. }) =
            self.state.definition(&Key::Relation(from.clone()))
        {
            self.rename_constraint_of_index(from, to);
        }
        self.move_key(Key::Relation(from.clone()), Key::Relation(to.clone()));
        self.repoint(from, to);
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
        let table = to.clone();
        let moved = match key.clone() {
            // Its name stays; the table in its definition changes.
            Key::Relation(name) => {
                let to = if from.schema == to.schema { name } else { to.beside(name.name) };
                return self.move_with(key.clone(), Key::Relation(to), from, &table);
            }
            Key::Column(_, name) => Key::Column(table, name),
            Key::Default(_, name) => Key::Default(table, name),
            Key::NotNull(_, name) => Key::NotNull(table, name),
            Key::ColumnProperty(_, name, property) => Key::ColumnProperty(table, name, property),
            Key::Constraint(_, name) => Key::Constraint(table, name),
            Key::Trigger(_, name) => Key::Trigger(table, name),
            Key::TriggerState(_, name) => Key::TriggerState(table, name),
            Key::Policy(_, name) => Key::Policy(table, name),
            Key::Rule(_, name) => Key::Rule(table, name),
            Key::TableProperty(_, property) => Key::TableProperty(table, property),
            // Moved with what they speak of.
            _ => return,
        };
        let to = to.clone();
        self.move_with(key.clone(), moved, from, &to);
    }

    /// Moves a key whose definition may name the table.
    fn move_with(&mut self, key: Key, moved: Key, from: &QualifiedName, to: &QualifiedName) {
        if moved != key {
            self.move_key(key, moved.clone());
        }
        let Some(definition) = self.state.definition(&moved).cloned() else { return };
        let changed = match definition {
            Definition::Index(index) => {
                let Some(build) = with_table(&index.build, from, to) else { return self.forget(moved) };
                Definition::Index(catalog::Index { table: to.clone(), build, ..index })
            }
            Definition::ConstraintIndex { .. } => Definition::ConstraintIndex { table: to.clone() },
            Definition::Sequence { build, owned_by: Some((_, column)), temporary } => {
                Definition::Sequence { build, owned_by: Some((to.clone(), column)), temporary }
            }
            Definition::Statistics { build, path, .. } => Definition::Statistics { table: to.clone(), build, path },
            Definition::Constraint(constraint) => {
                let Some(build) = with_table(&constraint.build, from, to) else { return self.forget(moved) };
                Definition::Constraint(catalog::Constraint { build, ..constraint })
            }
            _ => return,
        };
        self.set(moved, changed);
    }

    /// Foreign keys, partitions, children and defaults that point to a relation point to its new name.
    fn repoint(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let all: Vec<(Key, Definition)> = self
            .state
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), pointing(value.definition()?, from, to)?)))
            .collect();
        for (key, definition) in all {
            if let (Key::Relation(child), Definition::Table(table)) = (&key, &definition) {
                self.note_child(&child.clone(), table);
            }
            self.set(key, definition);
        }
    }

    fn rename_column(&mut self, table: &QualifiedName, from: &str, to: &str) {
        self.blur_views_of(table, table);
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
        for key in self.state.on(table) {
            let Some(definition) = self.state.definition(&key).cloned() else { continue };
            match with_column(definition, from, to) {
                Renamed::Untouched => {}
                Renamed::To(definition) => self.set(key, *definition),
                Renamed::Unknown => self.blur(key),
            }
        }
        self.repoint_column(table, from, to);
    }

    fn repoint_column(&mut self, table: &QualifiedName, from: &str, to: &str) {
        let all: Vec<(Key, Definition)> = self
            .state
            .iter()
            .filter_map(|(key, value)| {
                let Some(Definition::Constraint(constraint)) = value.definition() else { return None };
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
        all.into_iter().for_each(|(key, definition)| self.set(key, definition));
    }

    fn move_type(&mut self, from: &QualifiedName, to: &QualifiedName) {
        for (table, name, mut column) in self.columns_of_type(from) {
            column.type_.name.clone_from(&to.name);
            column.type_.schema = Some(to.schema.clone());
            self.blur_default(&table, &name);
            self.set(Key::Column(table, name), Definition::Column(column));
        }
        self.blur_mentions(&from.name);
        self.move_key(Key::Type(from.clone()), Key::Type(to.clone()));
    }

    /// Definitions whose text names something that was renamed are not stated any more.
    fn blur_mentions(&mut self, word: &str) {
        let users: Vec<Key> = self
            .state
            .iter()
            .filter(|(_, value)| match value.definition() {
                Some(
                    Definition::Function { build, .. }
                    | Definition::View { build, .. }
                    | Definition::Policy { build, .. }
                    | Definition::Trigger { build, .. }
                    | Definition::Domain { build, .. },
                ) => build.mentions(word),
                Some(Definition::Queried { build, .. }) => build.mentions(word),
                Some(Definition::Constraint(constraint)) => constraint.build.mentions(word),
                Some(Definition::Index(index)) => index.build.mentions(word),
                _ => false,
            })
            .map(|(key, _)| key.clone())
            .collect();
        users.into_iter().for_each(|key| self.blur(key));
    }

    /// What a view's text becomes when what it reads is renamed is not stated.
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

    fn move_schema(&mut self, from: &str, to: &str) {
        self.move_key(Key::Schema(from.to_owned()), Key::Schema(to.to_owned()));
        let inside: Vec<Key> = self
            .state
            .iter()
            .filter(|(key, value)| {
                **value != Expected::Absent && key.relation().is_some_and(|name| name.schema == from)
            })
            .map(|(key, _)| key.clone())
            .collect();
        inside.into_iter().for_each(|key| self.forget(key));
        self.blur_mentions(from);
    }

    pub(super) fn set_schema(&mut self, object: &Object, to: &str, if_exists: bool) {
        let Some(key) = self.object(object) else { return };
        if if_exists && matches!(self.state.get(&key), Some(Expected::Absent)) {
            return self.idle(key);
        }
        self.need(Key::Schema(to.to_owned()));
        if !if_exists {
            self.need(key.clone());
        }
        let moved = |name: &QualifiedName| QualifiedName { schema: to.to_owned(), name: name.name.clone() };
        match &key {
            Key::Relation(name) => self.move_relation(name, &moved(name)),
            Key::Type(name) => self.move_type(name, &moved(name)),
            Key::Function(name, arguments) => {
                self.blur_mentions(&name.name);
                self.move_key(key.clone(), Key::Function(moved(name), arguments.clone()));
            }
            Key::Collation(name) => self.move_key(key.clone(), Key::Collation(moved(name))),
            Key::Statistics(name) => self.move_key(key.clone(), Key::Statistics(moved(name))),
            Key::Extension(_) => {
                self.set(key.clone(), Definition::Extension { schema: Some(to.to_owned()), version: None });
            }
            _ => {}
        }
    }
}

/// A template whose expressions may name their table.
fn with_table(build: &Template, from: &QualifiedName, to: &QualifiedName) -> Option<Template> {
    if build.mentions(&from.name) { build.rename_table(&from.name, &to.name) } else { Some(build.clone()) }
}

/// What becomes of a definition when a column that it may mention is renamed.
enum Renamed {
    Untouched,
    To(Box<Definition>),
    Unknown,
}

fn rename_in(columns: &mut [String], from: &str, to: &str) {
    for name in columns.iter_mut().filter(|name| *name == from) {
        to.clone_into(name);
    }
}

fn rename_since(since: &mut [Conversion], from: &str, to: &str) {
    for it in since.iter_mut().filter(|it| it.column == from) {
        to.clone_into(&mut it.column);
    }
}

fn with_column(definition: Definition, from: &str, to: &str) -> Renamed {
    let has = |columns: &[String]| columns.iter().any(|name| name == from);
    let renamed = match definition {
        Definition::Constraint(mut constraint) if has(&constraint.columns) || constraint.build.mentions(from) => {
            let Some(build) = constraint.build.rename_column(from, to) else { return Renamed::Unknown };
            constraint.build = build;
            rename_in(&mut constraint.columns, from, to);
            rename_since(&mut constraint.since, from, to);
            match &mut constraint.kind {
                catalog::ConstraintKind::Unique { columns, include, .. }
                | catalog::ConstraintKind::Primary { columns, include } => {
                    rename_in(columns, from, to);
                    rename_in(include, from, to);
                }
                catalog::ConstraintKind::Foreign(foreign) => rename_in(&mut foreign.delete_columns, from, to),
                catalog::ConstraintKind::Check
                | catalog::ConstraintKind::Exclude
                | catalog::ConstraintKind::NotNull => {}
            }
            Definition::Constraint(constraint)
        }
        Definition::Index(mut index) if has(&index.columns) => {
            let Some(build) = index.build.rename_column(from, to) else { return Renamed::Unknown };
            index.build = build;
            rename_in(&mut index.columns, from, to);
            rename_since(&mut index.since, from, to);
            Definition::Index(index)
        }
        Definition::Default(Some(catalog::DefaultValue::Expr { expr, path, mut since }))
            if since.iter().any(|it| it.column == from) =>
        {
            rename_since(&mut since, from, to);
            Definition::Default(Some(catalog::DefaultValue::Expr { expr, path, since }))
        }
        Definition::Sequence { build, owned_by: Some((table, column)), temporary } if column == from => {
            Definition::Sequence { build, owned_by: Some((table, to.to_owned())), temporary }
        }
        Definition::Column(mut column) => match &column.generated {
            Some((expr, stored)) if expr.columns.iter().any(|name| name == from) => {
                let Some(expr) = expr.rename_column(from, to) else { return Renamed::Unknown };
                column.generated = Some((expr, *stored));
                Definition::Column(column)
            }
            _ => return Renamed::Untouched,
        },
        Definition::Trigger { build, path } if build.mentions(from) => match build.rename_column(from, to) {
            Some(build) => Definition::Trigger { build, path },
            None => return Renamed::Unknown,
        },
        Definition::Policy { build, path } if build.mentions(from) => match build.rename_column(from, to) {
            Some(build) => Definition::Policy { build, path },
            None => return Renamed::Unknown,
        },
        Definition::Statistics { table, build, path } if build.mentions(from) => match build.rename_column(from, to) {
            Some(build) => Definition::Statistics { table, build, path },
            None => return Renamed::Unknown,
        },
        _ => return Renamed::Untouched,
    };
    Renamed::To(Box::new(renamed))
}

/// The definition as it is when a relation that it points to has another name; none where it points elsewhere.
fn pointing(definition: &Definition, from: &QualifiedName, to: &QualifiedName) -> Option<Definition> {
    match definition {
        Definition::Constraint(constraint) => {
            let catalog::ConstraintKind::Foreign(foreign) = &constraint.kind else { return None };
            if foreign.target != *from {
                return None;
            }
            let foreign = catalog::ForeignKey { target: to.clone(), ..foreign.clone() };
            let kind = catalog::ConstraintKind::Foreign(foreign);
            Some(Definition::Constraint(catalog::Constraint { kind, ..constraint.clone() }))
        }
        Definition::Default(Some(catalog::DefaultValue::Next(sequence))) if sequence == from => {
            Some(Definition::Default(Some(catalog::DefaultValue::Next(to.clone()))))
        }
        Definition::Table(table) => {
            let mut table = table.clone();
            let mut touched = false;
            for parent in table.inherits.iter_mut().filter(|parent| *parent == from) {
                parent.clone_from(to);
                touched = true;
            }
            if let Some((parent, _)) = table.partition_of.as_mut().filter(|(parent, _)| parent == from) {
                parent.clone_from(to);
                touched = true;
            }
            touched.then_some(Definition::Table(table))
        }
        Definition::Publication { tables: Some(tables) } if tables.contains(from) => {
            let mut tables = tables.clone();
            tables.iter_mut().filter(|table| *table == from).for_each(|table| table.clone_from(to));
            Some(Definition::Publication { tables: Some(tables) })
        }
        _ => None,
    }
}
