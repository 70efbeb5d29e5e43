//! Dependents of an object that are not part of it: CASCADE drops them, and the text does not name them.

use super::mentions::holds;
use super::model::Model;
use super::state::Expected;
use crate::catalog::{Definition, Key};
use crate::pg::name::QualifiedName;
use crate::sql::partition_key;

impl Model<'_> {
    /// Forgets every object that names a dropped object, and their parts. `within` is the schema that is dropped with it.
    pub(super) fn forget_dependents(&mut self, name: &str, within: Option<&str>) {
        let mut words = vec![name.to_owned()];
        let mut at = 0;
        while let Some(word) = words.get(at).cloned() {
            at += 1;
            let hangs = |key: &Key, value: &Expected| {
                let is_inside = within.is_some() && key.relation().map(|name| name.schema.as_str()) == within;
                !is_inside && self.may_name(key, value, &word)
            };
            for key in self.state.keys(hangs) {
                match &key {
                    Key::Column(table, column) => self.forget_column(&table.clone(), &column.clone()),
                    Key::Function(name, _) | Key::Type(name) | Key::Relation(name) if !words.contains(&name.name) => {
                        words.push(name.name.clone());
                    }
                    Key::Trigger(table, name) => self.forget(Key::TriggerState(table.clone(), name.clone())),
                    _ => {}
                }
                self.forget_with_words(key);
            }
        }
    }

    /// Forgets the functions with an argument or a result of a table's row type.
    pub(super) fn forget_functions_of(&mut self, name: &str) {
        let is_over = |key: &Key, value: &Expected| {
            matches!(key, Key::Function(_, arguments) if arguments.iter().any(|one| is_type(one, name)))
                || matches!(value.definition(), Some(Definition::Function { build, .. }) if build.mentions(name))
        };
        self.state.keys(is_over).into_iter().for_each(|key| self.forget_with_words(key));
    }

    /// Forgets a column that may be dropped, and everything defined on it.
    pub(super) fn forget_column(&mut self, table: &QualifiedName, column: &str) {
        // First of all: a generated column may call a function of its own name.
        self.forget(Key::Column(table.clone(), column.to_owned()));
        self.forget_views_of(table);
        self.forget_users_of_column(table, column);
        let goes_whole = matches!(self.state.shape_of(&Key::Relation(table.clone())), Some(Definition::Table(of))
            if of.partition_by.as_ref().is_some_and(|by| partition_key::has_column(by, column)));
        if goes_whole {
            // The partition key decides which rows are in which partition.
            return self.family(table).iter().for_each(|table| self.forget_relation(table));
        }
        for key in self.state.on(table) {
            let is_of = matches!(&key, Key::Column(_, name) | Key::Default(_, name) | Key::NotNull(_, name) | Key::ColumnProperty(_, name, _) if name == column);
            let is_about = match &key {
                Key::Comment(of) | Key::Grant(of, ..) => matches!(&**of, Key::Column(_, name) if name == column),
                _ => false,
            };
            if is_of || is_about || self.goes_with_column(&key, table, column) || self.may_name_column(&key) {
                self.forget_with_words(key);
            }
        }
    }

    /// Forgets a table that may be dropped, with all its parts.
    fn forget_relation(&mut self, table: &QualifiedName) {
        self.state.on(table).into_iter().for_each(|key| self.forget_with_words(key));
        self.forget_with_words(Key::Relation(table.clone()));
    }

    /// Typed tables are dropped with their type.
    pub(super) fn forget_typed(&mut self, type_: &QualifiedName) {
        for table in self.children.get(type_).cloned().unwrap_or_default() {
            self.forget_views_of(&table);
            self.forget_relation(&table);
        }
    }

    pub(super) fn forget_with_words(&mut self, key: Key) {
        self.about(&key).into_iter().for_each(|said| self.forget(said));
        self.forget(key);
    }

    /// True if a definition contains a name, or may contain it by now.
    fn may_name(&self, key: &Key, value: &Expected, name: &str) -> bool {
        if matches!(key, Key::Function(_, arguments) if arguments.iter().any(|one| is_type(one, name))) {
            return *value != Expected::Absent && *value != Expected::Unknown;
        }
        match value {
            Expected::Present(definition) => holds(definition, name),
            Expected::Blurred(_) | Expected::Exists => true,
            Expected::Absent | Expected::Unknown => false,
        }
    }
}

/// True for `public.mood[]` and `mood`.
fn is_type(argument: &str, name: &str) -> bool {
    let bare = argument.strip_suffix("[]").unwrap_or(argument);
    bare.rsplit_once('.').map_or(bare, |(_, last)| last) == name
}
