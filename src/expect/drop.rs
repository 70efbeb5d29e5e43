//! DROP of everything, and what goes with it.

use super::model::Model;
use super::state::Expected;
use crate::catalog::{self, Definition, Key};
use crate::pg::name::QualifiedName;
use crate::sql::change::Object;

impl Model<'_> {
    pub(super) fn drop(&mut self, object: &Object, if_exists: bool, cascade: bool) {
        let Some(key) = self.object(object) else {
            if cascade {
                self.forget_dependents();
            }
            return;
        };
        match self.state.get(&key) {
            Some(Expected::Absent) if if_exists => return self.idle(key),
            _ if !if_exists => self.need(key.clone()),
            _ => {}
        }
        match &key {
            Key::Relation(name) => self.drop_relation(name, cascade),
            Key::Constraint(table, name) => self.drop_constraint(table, name, if_exists, cascade),
            Key::Trigger(table, name) => {
                self.remove(Key::TriggerState(table.clone(), name.clone()));
                self.drop_with_comment(key);
            }
            Key::Schema(name) if cascade => self.drop_schema(&name.clone()),
            Key::Type(name) => {
                if cascade {
                    self.forget_columns_of_type(&name.clone());
                }
                self.drop_with_comment(key);
            }
            Key::Extension(_) | Key::Collation(_) if cascade => {
                self.forget_dependents();
                self.drop_with_comment(key);
            }
            Key::Function(name, _) => {
                if cascade {
                    self.forget_callers(&name.name.clone());
                }
                self.drop_with_comment(key);
            }
            _ => self.drop_with_comment(key),
        }
    }

    fn drop_with_comment(&mut self, key: Key) {
        for of in [Key::Comment(Box::new(key.clone())), Key::Owner(Box::new(key.clone()))] {
            if self.state.is_present(&of) {
                self.remove(of);
            }
        }
        self.remove(key);
    }

    pub(super) fn drop_relation(&mut self, name: &QualifiedName, cascade: bool) {
        if cascade {
            self.drop_foreign_keys_to(name, None);
            self.drop_views_of(name);
        }
        for relation in self.family(name).into_iter().rev() {
            for key in self.state.on(&relation) {
                self.drop_with_comment(key);
            }
            self.drop_with_comment(Key::Relation(relation));
        }
    }

    pub(super) fn drop_column(&mut self, table: &QualifiedName, column: &str, if_exists: bool, cascade: bool) {
        let key = Key::Column(table.clone(), column.to_owned());
        match self.state.get(&key) {
            Some(Expected::Absent) if if_exists => return self.idle(key),
            _ if !if_exists => self.need(key.clone()),
            _ => {}
        }
        if cascade {
            self.drop_foreign_keys_to(table, Some(column));
            self.forget_views_of(table);
        }
        let is_it = |key: &Key| matches!(key, Key::Default(_, name) | Key::NotNull(_, name) | Key::ColumnProperty(_, name, _) if name == column);
        for other in self.state.on(table) {
            if is_it(&other) || self.goes_with_column(&other, table, column) {
                self.drop_with_comment(other);
            } else if self.may_name_column(&other) {
                self.forget(other);
            }
        }
        self.drop_with_comment(key);
    }

    /// What is not stated any more may go with any column.
    fn may_name_column(&self, key: &Key) -> bool {
        matches!(key, Key::Relation(_) | Key::Constraint(..) | Key::Statistics(_))
            && matches!(self.state.get(key), Some(Expected::Blurred(_)))
    }

    /// Whether an object on the table goes when a column of it goes.
    fn goes_with_column(&self, key: &Key, table: &QualifiedName, column: &str) -> bool {
        let has = |columns: &[String]| columns.iter().any(|name| name == column);
        match self.state.definition(key) {
            Some(Definition::Constraint(constraint)) => has(&constraint.columns),
            Some(Definition::Index(index)) => has(&index.columns),
            Some(Definition::ConstraintIndex { .. }) => {
                let Key::Relation(name) = key else { return false };
                let constraint = Key::Constraint(table.clone(), name.name.clone());
                // The constraint may have gone a moment ago: then its index goes too.
                !self.state.is_present(&constraint) || self.goes_with_column(&constraint, table, column)
            }
            Some(Definition::Sequence { owned_by: Some((_, owner)), .. }) => owner == column,
            Some(Definition::Statistics { build, .. }) => build.mentions(column),
            _ => false,
        }
    }

    pub(super) fn drop_constraint(&mut self, table: &QualifiedName, name: &str, if_exists: bool, cascade: bool) {
        let key = Key::Constraint(table.clone(), name.to_owned());
        match self.state.get(&key) {
            Some(Expected::Absent) if if_exists => return self.idle(key),
            _ if !if_exists => self.need(key.clone()),
            _ => {}
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
        let index = Key::Relation(table.beside(name));
        if matches!(self.state.definition(&index), Some(Definition::ConstraintIndex { .. })) {
            self.remove(index);
        }
        self.drop_with_comment(key);
    }

    fn foreign_keys_to(&self, table: &QualifiedName) -> Vec<(Key, catalog::ForeignKey)> {
        let all = self.state.iter().filter_map(|(key, value)| match value.definition() {
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

    /// The views over a relation, and those over them; a script may say that they read each other.
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

    /// Whether the views over it stay is not known.
    fn forget_views_of(&mut self, relation: &QualifiedName) {
        let readers: Vec<Key> = self.state.readers(relation).into_iter().map(|(key, _)| key).collect();
        for key in readers {
            self.forget(key.clone());
            if let Key::Relation(name) = &key {
                self.forget_views_of(name);
            }
        }
    }

    /// A view over `*` keeps the columns that there were: its text would name the new one too.
    pub(super) fn forget_stars_over(&mut self, table: &QualifiedName) {
        let has_star = |view: &Definition| matches!(view, Definition::View { build, .. } if build.has_star());
        let stars: Vec<Key> =
            self.state.readers(table).into_iter().filter(|(_, view)| has_star(view)).map(|(key, _)| key).collect();
        stars.into_iter().for_each(|key| self.blur(key));
    }

    /// CASCADE of what the model does not see into (an extension, an operator class, a collation) takes whatever uses it.
    fn forget_dependents(&mut self) {
        let may_use = |key: &Key, value: &Expected| match key {
            Key::Relation(_) => !matches!(
                value.definition(),
                Some(Definition::Table(_) | Definition::Sequence { .. } | Definition::Composite { .. })
            ),
            Key::Schema(_) | Key::Role(_) | Key::Extension(_) | Key::Publication(_) | Key::Member(..) => false,
            Key::Comment(_) | Key::Owner(_) | Key::Grant(..) | Key::TableProperty(..) => false,
            _ => true,
        };
        let all = self.state.iter().filter(|(key, value)| **value != Expected::Absent && may_use(key, value));
        let all: Vec<Key> = all.map(|(key, _)| key.clone()).collect();
        all.into_iter().for_each(|key| self.forget(key));
    }

    fn drop_schema(&mut self, schema: &str) {
        let inside: Vec<Key> = self
            .state
            .iter()
            .filter(|(key, value)| **value != Expected::Absent && schema_of(key) == Some(schema))
            .map(|(key, _)| key.clone())
            .collect();
        let is_used_elsewhere = |key: &Key| matches!(key, Key::Type(_) | Key::Function(..) | Key::Collation(_));
        if inside.iter().any(is_used_elsewhere) {
            self.forget_dependents();
        }
        for key in inside {
            if let Key::Relation(name) = &key {
                self.forget_views_of(name);
                self.drop_foreign_keys_to(name, None);
            }
            self.remove(key);
        }
        self.remove(Key::Schema(schema.to_owned()));
    }

    fn forget_columns_of_type(&mut self, type_: &QualifiedName) {
        for (table, name, _) in self.columns_of_type(type_) {
            self.forget_views_of(&table);
            // With the column goes what names it.
            let others = self.state.on(&table).into_iter().filter(|key| !matches!(key, Key::Column(..)));
            others.collect::<Vec<_>>().into_iter().for_each(|key| self.forget(key));
            self.forget(Key::Column(table, name));
        }
        let queried: Vec<Key> = self
            .state
            .iter()
            .filter(|(_, value)| match value.definition() {
                Some(Definition::Queried { build, .. }) => build.mentions(&type_.name),
                _ => false,
            })
            .map(|(key, _)| key.clone())
            .collect();
        queried.into_iter().for_each(|key| self.forget(key));
    }

    /// CASCADE takes the triggers, policies, defaults and views that call a function.
    fn forget_callers(&mut self, function: &str) {
        let callers: Vec<Key> = self
            .state
            .iter()
            .filter(|(_, value)| match value.definition() {
                // Its text may name the function by now.
                None => matches!(value, Expected::Blurred(_)),
                Some(
                    Definition::Trigger { build, .. }
                    | Definition::Policy { build, .. }
                    | Definition::View { build, .. },
                ) => build.mentions(function),
                Some(Definition::Default(Some(catalog::DefaultValue::Expr { expr, .. }))) => {
                    expr.calls.iter().any(|call| call.name == function)
                }
                Some(Definition::Index(index)) => index.build.mentions(function),
                Some(Definition::Constraint(constraint)) => constraint.build.mentions(function),
                _ => false,
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in callers {
            if let Key::Trigger(table, name) = &key {
                self.forget(Key::TriggerState(table.clone(), name.clone()));
            }
            self.forget(key);
        }
    }
}

fn schema_of(key: &Key) -> Option<&str> {
    match key {
        Key::Type(name) | Key::Function(name, _) | Key::Collation(name) | Key::Statistics(name) => Some(&name.schema),
        key => key.relation().map(|name| name.schema.as_str()),
    }
}
