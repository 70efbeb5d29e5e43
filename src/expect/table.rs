//! CREATE TABLE, views and indexes, and the objects that they create.

use super::create;
use super::identity;
use super::like::Copy;
use super::model::Model;
use super::names;
use super::state::Expected;
use crate::catalog::{self, Definition, Key, TableProperty};
use crate::pg::name::QualifiedName;
use crate::sql::Named;
use crate::statement::change::{Like, NewColumn, NewConstraint, NewIndex, NewTable, NewTableAs, NewView, serial};

/// Every option that a view may have.
const VIEW_OPTIONS: [&str; 3] = ["check_option", "security_barrier", "security_invoker"];

impl Model<'_> {
    pub(super) fn create_table(&mut self, new: &NewTable) {
        if self.shadows(&new.name, new.temporary) {
            return;
        }
        let table = self.new_name(&new.name);
        let key = Key::Relation(table.clone());
        if self.is_there_already(&key, new.if_not_exists) {
            return;
        }
        self.need_schema(&table);
        let parents: Vec<QualifiedName> = new.inherits.iter().map(|parent| self.relation(parent)).collect();
        let partition_of = new.partition_of.as_deref().map(|(parent, bound)| (self.relation(parent), bound.clone()));
        let definition = catalog::Table {
            foreign: new.foreign,
            unlogged: new.unlogged,
            partition_by: new.partition_by.clone(),
            partition_of: partition_of.clone(),
            inherits: parents.clone(),
        };
        self.note_child(&table, &definition);
        self.create(key, Definition::Table(definition));
        for parent in parents.iter().chain(partition_of.iter().map(|(parent, _)| parent)) {
            self.need(Key::Relation(parent.clone()));
            self.copy_columns(parent, &table, true);
        }
        match &partition_of {
            Some((parent, _)) => self.regroup_partition(&table, parent),
            None if !parents.is_empty() => {
                self.inherit_no_identity(&table);
                self.regroup_heir(&table);
            }
            None => {}
        }
        if let Some(type_) = &new.of_type {
            let type_ = self.type_(type_);
            self.children.entry(type_).or_default().push(table.clone());
            // Its columns come from the type.
            self.state.cloud_columns(table.clone());
            self.cloud_table(&table);
        }
        let copies: Vec<Copy> = new.likes.iter().flat_map(|like| self.like(like, &table)).collect();
        for column in &new.overrides {
            self.override_column(&table, column);
        }
        for column in &new.columns {
            self.add_own_column(&table, column);
        }
        for constraint in &new.constraints {
            self.add_constraint(&table, constraint);
        }
        self.add_copies(&table, copies);
        for (name, value) in &new.options {
            self.create(
                Key::TableProperty(table.clone(), TableProperty::Option(name.clone())),
                Definition::Word(Some(value.clone())),
            );
        }
    }

    pub(super) fn need_schema(&mut self, name: &QualifiedName) {
        self.need(Key::Schema(name.schema.clone()));
    }

    /// A default for a column that a parent or a type brings.
    fn override_column(&mut self, table: &QualifiedName, new: &NewColumn) {
        let (table, name) = (table.clone(), new.name.clone());
        if let Some(default) = &new.default {
            let of = self.type_of(&table, &name).unwrap_or_default();
            let value = self.default_value(default, &of);
            self.set(Key::Default(table.clone(), name.clone()), Definition::Default(value));
        }
        if new.not_null {
            self.set(Key::NotNull(table.clone(), name.clone()), Definition::NotNull(true));
        }
        if new.generated.is_some() || new.identity.is_some() {
            self.forget(Key::Column(table, name));
        }
    }

    /// Adds a column in addition to the parents'. A parent's column of the same name is merged with it, and its properties are
    /// kept.
    fn add_own_column(&mut self, table: &QualifiedName, new: &NewColumn) {
        let column = Key::Column(table.clone(), new.name.clone());
        let default = Key::Default(table.clone(), new.name.clone());
        let not_null = Key::NotNull(table.clone(), new.name.clone());
        let said = |key: &Key| self.state.get(key).cloned().unwrap_or(Expected::Unknown);
        let (of_parents, was, was_not_null) = (said(&column), said(&default), said(&not_null));
        self.add_column(table, new);
        if !of_parents.is_present() {
            return;
        }
        if self.state.definition(&not_null) == Some(&Definition::NotNull(false)) {
            self.value(not_null, was_not_null);
        }
        if self.state.definition(&default) == Some(&Definition::Default(None)) {
            self.value(default, if new.default.is_none() { was } else { Expected::Unknown });
        }
        let is_plain = |column: &Definition| matches!(column, Definition::Column(column) if column.generated.is_none());
        if new.generated.is_none() && of_parents.definition().is_none_or(|column| !is_plain(column)) {
            self.value(column, of_parents);
        }
    }

    /// Adds the copied columns at once; other copies follow the table's own constraints.
    fn like(&mut self, like: &Like, table: &QualifiedName) -> Vec<Copy> {
        let source = self.relation(&like.table);
        self.need(Key::Relation(source.clone()));
        let copies = self.copies(like, &source, table);
        if copies.is_none() {
            self.cloud_table(table);
        }
        self.copy_columns(&source, table, like.defaults);
        for key in self.state.on(&source) {
            if let Key::ColumnProperty(_, name, property) = &key {
                let is_copied = like.storage && property == "storage" || like.compression && property == "compression";
                if let Some(value) = self.state.get(&key).filter(|_| is_copied).cloned() {
                    self.value(Key::ColumnProperty(table.clone(), name.clone(), property.clone()), value);
                }
            }
            if let Key::Column(_, name) = &key
                && let Some(Definition::Column(column)) = self.state.definition(&key)
            {
                let column = identity::without(column, like.identity, like.generated);
                let has_identity = column.identity.is_some();
                self.create(Key::Column(table.clone(), name.clone()), Definition::Column(column));
                if has_identity {
                    self.like_identity(table, name);
                }
            }
        }
        if like.comments {
            self.copy_comments(&source, table);
        }
        copies.unwrap_or_default()
    }

    /// Copies the columns of another table, for inheritance, partitions and LIKE.
    fn copy_columns(&mut self, from: &QualifiedName, to: &QualifiedName, with_defaults: bool) {
        let source = Key::Relation(from.clone());
        let is_told =
            matches!(self.state.definition(&source), Some(Definition::Table(_))) && !self.state.has_untold(from);
        if !is_told {
            self.state.cloud_columns(to.clone());
        }
        for key in self.state.on(from) {
            let Some(value) = self.state.get(&key).cloned() else { continue };
            let copy = match key {
                Key::Column(_, name) => Key::Column(to.clone(), name),
                Key::NotNull(_, name) => Key::NotNull(to.clone(), name),
                Key::Default(_, name) if with_defaults => Key::Default(to.clone(), name),
                Key::Default(_, name) => {
                    self.create(Key::Default(to.clone(), name), Definition::Default(None));
                    continue;
                }
                _ => continue,
            };
            match value {
                Expected::Present(definition) => self.create(copy, (*definition).clone()),
                other => self.value(copy, other),
            }
        }
    }

    /// Copies a parent's column: without its identity, which a partition may have.
    pub(super) fn inherit_column(&mut self, parent: &QualifiedName, table: &QualifiedName, name: &str) {
        let key = |table: &QualifiedName| Key::Column(table.clone(), name.to_owned());
        let default = |table: &QualifiedName| Key::Default(table.clone(), name.to_owned());
        let not_null = |table: &QualifiedName| Key::NotNull(table.clone(), name.to_owned());
        for (from, to) in
            [(key(parent), key(table)), (default(parent), default(table)), (not_null(parent), not_null(table))]
        {
            match self.state.get(&from).cloned() {
                Some(Expected::Present(definition)) => self.create(to, (*definition).clone()),
                Some(other) => self.value(to, other),
                None => self.value(to, Expected::Unknown),
            }
        }
        if matches!(self.state.definition(&key(parent)), Some(Definition::Column(column)) if column.identity.is_some())
        {
            self.value(key(table), Expected::Unknown);
            self.value(not_null(table), Expected::Unknown);
        }
        self.forget_stars_over(table);
    }

    /// Adds a column with its default, its NOT NULL and, for a serial, its sequence. Its constraints are added later.
    pub(super) fn add_column(&mut self, table: &QualifiedName, new: &NewColumn) {
        let name = new.name.clone();
        let sequence = serial(&new.type_);
        let type_ = sequence.as_ref().map_or_else(|| self.resolved(&new.type_), |(type_, _)| type_.clone());
        self.need_type(&type_);
        let collation = self.column_collation(new.collation.as_ref());
        let generated = new.generated.clone();
        let path = self.path.clone();
        self.create(
            Key::Column(table.clone(), name.clone()),
            Definition::Column(catalog::Column {
                type_,
                collation,
                identity: new.identity.as_ref().map(|it| it.always),
                generated,
                path,
            }),
        );
        self.forget_stars_over(table);
        let not_null = new.not_null || sequence.is_some() || new.identity.is_some();
        self.create(Key::NotNull(table.clone(), name.clone()), Definition::NotNull(not_null));
        if let Some(identity) = &new.identity {
            self.identity_sequence(table, &name, identity, Some(&new.type_));
        }
        let default = match sequence {
            Some((_, build)) => {
                let sequence = self.choose_relation(table, Some(&name), "seq", false);
                let owned_by = Some((table.clone(), name.clone()));
                self.create_unnamed(
                    Key::Relation(sequence.clone()),
                    Definition::Sequence { build, owned_by, identity: false },
                );
                Some(catalog::DefaultValue::Next(sequence))
            }
            None => new.default.as_ref().and_then(|expr| self.default_value(expr, &new.type_)),
        };
        self.create(Key::Default(table.clone(), name), Definition::Default(default));
        self.note_null_default(table, new);
        for constraint in &new.constraints {
            self.add_constraint(table, constraint);
        }
    }

    /// DEFAULT NULL is kept if the type is a domain; it is unknown for a type that is not stated.
    fn note_null_default(&mut self, table: &QualifiedName, new: &NewColumn) {
        let named = Named { schema: new.type_.schema.clone(), name: new.type_.name.clone() };
        let is_null = new.default.as_ref().is_some_and(|default| default.is_null());
        if is_null && self.state.expect(&Key::Type(self.type_(&named))) == Expected::Unknown {
            self.value(Key::Default(table.clone(), new.name.clone()), Expected::Unknown);
        }
    }

    pub(super) fn create_index(&mut self, new: &NewIndex) {
        let table = self.relation(&new.table);
        self.need(Key::Relation(table.clone()));
        self.need_columns(&table, &new.columns);
        let labels: Vec<String> =
            new.keys.iter().map(|key| key.label.clone()).chain(new.include.iter().cloned()).collect();
        let name = match &new.name {
            Some(name) => table.beside(name),
            None => {
                let distinct = names::distinct(&labels);
                let addition = names::addition(distinct.iter().map(String::as_str));
                self.choose_relation(&table, Some(&addition), "idx", false)
            }
        };
        let key = Key::Relation(name);
        if self.is_there_already(&key, new.if_not_exists) {
            return;
        }
        let definition = Definition::Index(catalog::Index {
            table,
            build: new.build.clone(),
            columns: new.columns.clone(),
            path: self.path.clone(),
            since: Vec::new(),
        });
        if new.name.is_some() { self.create(key, definition) } else { self.create_unnamed(key, definition) }
    }

    /// A name for a relation in the table's schema that the chain has not used yet.
    pub(super) fn choose_relation(
        &self,
        table: &QualifiedName,
        addition: Option<&str>,
        label: &str,
        is_constraint: bool,
    ) -> QualifiedName {
        let in_schema = |name: &str| table.beside(name);
        let name = names::choose(&table.name, addition, label, |name| {
            self.state.is_present(&Key::Relation(in_schema(name)))
                || (is_constraint && self.state.has_constraint(&table.schema, name))
        });
        in_schema(&name)
    }

    pub(super) fn create_view(&mut self, new: &NewView) {
        if self.shadows(&new.name, new.temporary) {
            return;
        }
        let name = self.new_name(&new.name);
        self.need_schema(&name);
        let reads = self.reads(&new.reads);
        let path = self.path.clone();
        let definition = Definition::View { materialized: false, build: new.build.clone(), reads, path };
        self.forget_columns_before(&name);
        let key = Key::Relation(name.clone());
        if new.replace {
            self.replace(key, definition)
        } else {
            self.create(key, definition)
        }
        // OR REPLACE removes every option that it does not set.
        for option in VIEW_OPTIONS {
            let said = new.options.iter().find(|(name, _)| name == option).map(|(_, value)| value.clone());
            let key = Key::TableProperty(name.clone(), TableProperty::Option(option.to_owned()));
            self.create(key, Definition::Word(said));
        }
    }

    /// A former table of the name had columns, and the new object may have some of them.
    fn forget_columns_before(&mut self, name: &QualifiedName) {
        let first = Key::Column(name.clone(), String::new());
        let of_name = |(key, _): &(&Key, &Expected)| matches!(key, Key::Column(table, _) if table == name);
        let all: Vec<Key> = self.state.iter_from(&first).take_while(of_name).map(|(key, _)| key.clone()).collect();
        all.into_iter().for_each(|key| self.forget(key));
    }

    fn reads(&mut self, named: &[Named]) -> Vec<QualifiedName> {
        let reads: Vec<QualifiedName> = named.iter().map(|named| self.relation(named)).collect();
        for name in &reads {
            self.need(Key::Relation(name.clone()));
        }
        reads
    }

    pub(super) fn create_table_as(&mut self, new: &NewTableAs) {
        if self.shadows(&new.name, new.temporary) {
            return;
        }
        let name = self.new_name(&new.name);
        let key = Key::Relation(name.clone());
        if self.is_there_already(&key, new.if_not_exists) {
            return;
        }
        self.need_schema(&name);
        let reads = self.reads(&new.reads);
        let path = self.path.clone();
        if new.materialized {
            let build = new.view();
            self.forget_columns_before(&name);
            return self.create(key, Definition::View { materialized: true, build, reads, path });
        }
        let table = catalog::Table {
            foreign: false,
            unlogged: false,
            partition_by: None,
            partition_of: None,
            inherits: Vec::new(),
        };
        self.forget_columns_before(&name);
        self.create(key, Definition::Table(table));
        self.queried_columns(&name, new);
    }

    pub(super) fn add_constraint(&mut self, table: &QualifiedName, new: &NewConstraint) {
        create::constraint(self, table, new);
    }
}
