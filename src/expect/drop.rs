//! DROP of any object, and of the objects that are dropped with it.

use super::model::{Model, is_of_session};
use super::state::{Expected, schema_of};
use crate::catalog::{self, Definition, Key};
use crate::pg::name::QualifiedName;
use crate::statement::change::Object;

impl Model<'_> {
    pub(super) fn drop(&mut self, object: &Object, if_exists: bool, cascade: bool) {
        let Some(key) = self.object(object) else {
            // The text does not name the dependents of such an object.
            if cascade {
                self.cloud_all();
            }
            return;
        };
        if self.is_gone_already(&key, if_exists) {
            return;
        }
        match &key {
            Key::Relation(name) if is_of_session(name) => {
                self.temporaries.retain(|hidden, on| *hidden != name.name && *on != name.name);
                self.remove(key.clone());
            }
            Key::Relation(name) => self.drop_relation(name, cascade),
            Key::Constraint(table, name) => self.drop_constraint(table, name, if_exists, cascade),
            Key::Trigger(table, name) => {
                self.remove(Key::TriggerState(table.clone(), name.clone()));
                for child in self.family(table).into_iter().skip(1) {
                    self.forget(Key::TriggerState(child.clone(), name.clone()));
                    self.forget(Key::Trigger(child, name.clone()));
                }
                self.drop_alone(key.clone());
            }
            Key::Schema(name) => {
                self.unpublish_schema(name);
                if cascade { self.drop_schema(&name.clone()) } else { self.drop_alone(key) }
            }
            Key::Publication(name) => {
                self.tables_of(name).into_iter().for_each(|table| self.drop_alone(table));
                self.drop_alone(key);
            }
            // The text does not name the extension's objects, and much may depend on them.
            Key::Extension(_) if cascade => {
                self.drop_alone(key);
                self.cloud_all();
            }
            Key::Type(name) | Key::Function(name, _) | Key::Collation(name) => {
                if cascade {
                    self.forget_typed(&name.clone());
                    self.forget_dependents(&name.name.clone(), None);
                }
                self.drop_alone(key);
            }
            _ => self.drop_alone(key),
        }
    }

    /// Drops an object with its comment, owner and rights.
    pub(super) fn drop_alone(&mut self, key: Key) {
        if let Key::Relation(name) = &key {
            self.forget_replica_identity(&name.clone());
        }
        for said in self.about(&key) {
            self.remove(said);
        }
        self.remove(key);
    }

    pub(super) fn drop_relation(&mut self, name: &QualifiedName, cascade: bool) {
        if cascade {
            for relation in self.family(name) {
                self.drop_foreign_keys_to(&relation, None);
                self.drop_views_of(&relation);
                self.forget_users_of_table(&relation);
                self.forget_defaults_from(&relation);
            }
            self.forget_functions_of(&name.name.clone());
        }
        for relation in self.family(name) {
            self.forget_chosen_names(&relation);
        }
        self.forget_index_below(name);
        for relation in self.family(name).into_iter().rev() {
            for key in self.state.on(&relation) {
                if let (true, Key::Relation(sequence)) = (cascade, &key) {
                    self.forget_defaults_from(sequence);
                }
                // The index may belong to another table by now.
                if matches!(key, Key::Relation(_)) && self.state.get(&key) == Some(&Expected::Unknown) {
                    continue;
                }
                self.drop_alone(key);
            }
            self.drop_alone(Key::Relation(relation));
        }
    }

    pub(super) fn drop_column(&mut self, table: &QualifiedName, column: &str, if_exists: bool, cascade: bool) {
        let key = Key::Column(table.clone(), column.to_owned());
        if self.is_gone_already(&key, if_exists) {
            return;
        }
        if cascade {
            self.drop_foreign_keys_to(table, Some(column));
            self.forget_views_of(table);
            self.forget_users_of_column(table, column);
        }
        let is_it = |key: &Key| matches!(key, Key::Default(_, name) | Key::NotNull(_, name) | Key::ColumnProperty(_, name, _) if name == column);
        for other in self.state.on(table) {
            if is_it(&other) || self.goes_with_column(&other, table, column) {
                self.drop_alone(other);
            } else if self.may_name_column(&other) {
                self.forget(other);
            }
        }
        self.drop_alone(key);
    }

    /// An object whose definition is not stated may be dropped with any column.
    pub(super) fn may_name_column(&self, key: &Key) -> bool {
        if let (Key::Relation(name), Some(Definition::ConstraintIndex { table })) = (key, self.state.definition(key)) {
            return self.state.get(&Key::Constraint(table.clone(), name.name.clone())) == Some(&Expected::Unknown);
        }
        matches!(key, Key::Relation(_) | Key::Constraint(..) | Key::Statistics(_))
            && matches!(self.state.get(key), Some(Expected::Blurred(definition)) if !matches!(**definition, Definition::Sequence { .. }))
    }

    /// True if an object of the table is dropped with a column.
    pub(super) fn goes_with_column(&self, key: &Key, table: &QualifiedName, column: &str) -> bool {
        let has = |columns: &[String]| columns.iter().any(|name| name == column);
        if let Some(Definition::Sequence { owned_by: Some((_, owner)), .. }) = self.state.shape_of(key) {
            return owner == column;
        }
        match self.state.definition(key) {
            Some(Definition::Constraint(constraint)) => {
                has(&constraint.columns)
                    || matches!(constraint.kind, catalog::ConstraintKind::Exclude { .. })
                        && constraint.build.mentions(column)
            }
            Some(Definition::Index(index)) => has(&index.columns),
            Some(Definition::ConstraintIndex { .. }) => {
                let Key::Relation(name) = key else { return false };
                let constraint = Key::Constraint(table.clone(), name.name.clone());
                // The constraint may have just been dropped: then its index is dropped too.
                let is_gone = matches!(self.state.get(&constraint), Some(Expected::Absent) | None);
                is_gone || self.goes_with_column(&constraint, table, column)
            }
            Some(Definition::Statistics { build, .. }) => build.mentions(column),
            Some(Definition::Published(published)) => {
                published.columns.as_deref().is_some_and(has)
                    || matches!(published.filter.as_deref(), Some(Definition::Constraint(filter)) if has(&filter.columns))
            }
            _ => false,
        }
    }

    pub(super) fn drop_constraint(&mut self, table: &QualifiedName, name: &str, if_exists: bool, cascade: bool) {
        let key = Key::Constraint(table.clone(), name.to_owned());
        if self.is_gone_already(&key, if_exists) {
            return;
        }
        if let Some(Definition::Constraint(constraint)) = self.state.definition(&key).cloned() {
            let columns = match &constraint.kind {
                catalog::ConstraintKind::Primary { columns, .. } | catalog::ConstraintKind::Unique { columns, .. } => {
                    Some(columns.clone())
                }
                _ => None,
            };
            if cascade && let Some(columns) = columns {
                self.drop_foreign_keys_over(table, &columns);
            }
        }
        self.forget_keys_below(table, name);
        let index = Key::Relation(table.beside(name));
        if matches!(self.state.definition(&index), Some(Definition::ConstraintIndex { table: of }) if of == table) {
            self.drop_alone(index);
        } else if self.state.definition(&key).is_none() && self.state.expect(&index) == Expected::Unknown {
            // The index may have been a constraint's.
            self.value(index, Expected::Unknown);
        }
        self.drop_alone(key);
    }

    fn foreign_keys_to(&self, table: &QualifiedName) -> Vec<(Key, Box<catalog::ForeignKey>)> {
        let all = self.state.iter().filter_map(|(key, value)| match value.shape() {
            Some(Definition::Constraint(catalog::Constraint {
                kind: catalog::ConstraintKind::Foreign(foreign),
                ..
            })) if foreign.target == *table => Some((key.clone(), foreign.clone())),
            _ => None,
        });
        all.collect()
    }

    fn drop_foreign_keys_to(&mut self, table: &QualifiedName, column: Option<&str>) {
        for (key, foreign) in self.foreign_keys_to(table) {
            match (column, &foreign.target_columns) {
                (Some(_), None) => self.forget(key),
                (Some(column), Some(columns)) if !columns.iter().any(|name| name == column) => {}
                _ => self.remove(key),
            }
        }
    }

    fn drop_foreign_keys_over(&mut self, table: &QualifiedName, columns: &[String]) {
        for (key, foreign) in self.foreign_keys_to(table) {
            match &foreign.target_columns {
                Some(target) if target == columns => self.forget(key),
                Some(_) => {}
                None => self.forget(key),
            }
        }
    }

    /// Forgets indexes that no statement names: the server may have created them on this table.
    fn forget_chosen_names(&mut self, table: &QualifiedName) {
        if !self.state.is_cloud_over(table) {
            return;
        }
        let indexes = self.surroundings.relations.iter().filter(|(_, kind)| matches!(kind, 'i' | 'I'));
        let untold = |key: &Key| self.state.get(key).is_none() && self.state.is_clouded(key);
        let indexes: Vec<Key> = indexes.map(|(name, _)| Key::Relation(name.clone())).filter(untold).collect();
        indexes.into_iter().for_each(|key| self.value(key, Expected::Unknown));
    }

    /// Drops the views over a relation, and the views over those; a script may claim that they read each other.
    fn drop_views_of(&mut self, relation: &QualifiedName) {
        let mut gone = vec![relation.clone()];
        let mut at = 0;
        while let Some(relation) = gone.get(at) {
            let readers = self.state.readers(relation).into_iter().filter_map(|(key, _)| key.relation().cloned());
            let new: Vec<QualifiedName> = readers.filter(|reader| !gone.contains(reader)).collect();
            gone.extend(new);
            at += 1;
        }
        gone.iter().skip(1).for_each(|view| self.drop_relation(view, false));
    }

    /// Forgets the views over a relation: they may be dropped.
    pub(super) fn forget_views_of(&mut self, relation: &QualifiedName) {
        let readers: Vec<Key> = self.state.readers(relation).into_iter().map(|(key, _)| key).collect();
        for key in readers {
            // Before the recursion: a script may claim that views read each other.
            self.forget_with_words(key.clone());
            if let Key::Relation(name) = &key {
                self.state.on(name).into_iter().for_each(|key| self.forget_with_words(key));
                self.forget_views_of(name);
            }
        }
    }

    /// A view over `*` or a NATURAL JOIN keeps the old columns: its text would include the new one.
    pub(super) fn forget_stars_over(&mut self, table: &QualifiedName) {
        let takes_it = |view: &Definition| matches!(view, Definition::View { build, .. } if build.takes_new_columns());
        let stars: Vec<Key> =
            self.state.readers(table).into_iter().filter(|(_, view)| takes_it(view)).map(|(key, _)| key).collect();
        stars.into_iter().for_each(|key| self.blur(key));
    }

    fn drop_schema(&mut self, schema: &str) {
        self.state.forget_needed();
        for key in self.state.keys(|key, value| *value != Expected::Absent && schema_of(key) == Some(schema)) {
            if let Key::Relation(name) = &key {
                self.forget_views_of(name);
                self.drop_foreign_keys_to(name, None);
            }
            if let Key::Type(name) | Key::Relation(name) | Key::Function(name, _) | Key::Collation(name) = &key {
                self.forget_dependents(&name.name.clone(), Some(schema));
            }
            self.drop_alone(key);
        }
        self.drop_alone(Key::Schema(schema.to_owned()));
    }
}
