//! CREATE TABLE, views and indexes: what they make.

use super::create;
use super::model::Model;
use super::names;
use super::state::Expected;
use crate::catalog::{self, Definition, Key, TableProperty};
use crate::pg::name::QualifiedName;
use crate::sql::change::{
    Like, Named, NewColumn, NewConstraint, NewIndex, NewTable, NewTableAs, NewView, TypeName, serial,
};

impl Model<'_> {
    pub(super) fn create_table(&mut self, new: &NewTable) {
        if new.temporary {
            return;
        }
        let table = self.new_name(&new.name);
        let key = Key::Relation(table.clone());
        match self.state.get(&key) {
            Some(value) if value.is_present() && new.if_not_exists => return self.idle(),
            Some(Expected::Unknown) if new.if_not_exists => return self.value(key, Expected::Unknown),
            _ => {}
        }
        self.need_schema(&table);
        let parents: Vec<QualifiedName> = new.inherits.iter().map(|parent| self.relation(parent)).collect();
        let partition_of = new.partition_of.as_ref().map(|(parent, bound)| (self.relation(parent), bound.clone()));
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
        for like in &new.likes {
            self.like(like, &table);
        }
        for column in &new.columns {
            self.add_column(&table, column);
        }
        for constraint in &new.constraints {
            self.add_constraint(&table, constraint);
        }
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

    fn like(&mut self, like: &Like, table: &QualifiedName) {
        let source = self.relation(&like.table);
        self.need(Key::Relation(source.clone()));
        self.copy_columns(&source, table, like.defaults);
        if like.generated && like.identity {
            return;
        }
        for key in self.state.on(&source) {
            if let Key::Column(_, name) = &key
                && let Some(Definition::Column(column)) = self.state.definition(&key).cloned()
            {
                let identity = column.identity.filter(|_| like.identity);
                let generated = column.generated.clone().filter(|_| like.generated);
                let column = catalog::Column { identity, generated, ..column };
                self.create(Key::Column(table.clone(), name.clone()), Definition::Column(column));
            }
        }
    }

    /// The columns of another table, as inheritance, partitions and LIKE bring them.
    fn copy_columns(&mut self, from: &QualifiedName, to: &QualifiedName, with_defaults: bool) {
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

    /// A column with its default, its NOT NULL and, for a serial, its sequence. Its constraints are added after it.
    pub(super) fn add_column(&mut self, table: &QualifiedName, new: &NewColumn) {
        let name = new.name.clone();
        let sequence = serial(&new.type_);
        let type_ = sequence.as_ref().map_or_else(|| self.resolved(&new.type_), |(type_, _)| type_.clone());
        self.need_type(&type_);
        let collation = new.collation.as_ref().map(|named| self.collation(named));
        let generated = new.generated.as_ref().map(|generated| (generated.expr.clone(), generated.stored));
        let path = self.path.clone();
        self.create(
            Key::Column(table.clone(), name.clone()),
            Definition::Column(catalog::Column { type_, collation, identity: new.identity, generated, path }),
        );
        self.forget_stars_over(table);
        let not_null = new.not_null || sequence.is_some() || new.identity.is_some();
        self.create(Key::NotNull(table.clone(), name.clone()), Definition::NotNull(not_null));
        if new.identity.is_some() {
            self.identity_sequence(table, &name);
        }
        let default = match sequence {
            Some((_, build)) => {
                let sequence = self.choose_relation(table, Some(&name), "seq", false);
                let owned_by = Some((table.clone(), name.clone()));
                self.create_unnamed(
                    Key::Relation(sequence.clone()),
                    Definition::Sequence { build, owned_by, temporary: false },
                );
                Some(catalog::DefaultValue::Next(sequence))
            }
            None => new.default.as_ref().and_then(|expr| self.default_value(expr)),
        };
        self.create(Key::Default(table.clone(), name), Definition::Default(default));
        for constraint in &new.constraints {
            self.add_constraint(table, constraint);
        }
    }

    /// The sequence behind an identity column takes a name, and says nothing else.
    pub(super) fn identity_sequence(&mut self, table: &QualifiedName, column: &str) {
        let any = TypeName { name: "bigserial".to_owned(), ..TypeName::default() };
        let Some((_, build)) = serial(&any) else { return };
        let key = Key::Relation(self.choose_relation(table, Some(column), "seq", false));
        let owned_by = Some((table.clone(), column.to_owned()));
        self.create(key.clone(), Definition::Sequence { build, owned_by, temporary: false });
        self.forget(key);
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
        match self.state.get(&key) {
            Some(value) if value.is_present() && new.if_not_exists => return self.idle(),
            Some(Expected::Unknown) if new.if_not_exists => return self.value(key, Expected::Unknown),
            _ => {}
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

    /// A name for a relation in the table's schema that the chain has not given yet.
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
                || (is_constraint && self.state.is_present(&Key::Constraint(table.clone(), name.to_owned())))
        });
        in_schema(&name)
    }

    pub(super) fn create_view(&mut self, new: &NewView) {
        if new.temporary {
            return;
        }
        let name = self.new_name(&new.name);
        self.need_schema(&name);
        let reads = self.reads(&new.reads);
        let path = self.path.clone();
        let definition = Definition::View { materialized: false, build: new.build.clone(), reads, path };
        self.create(Key::Relation(name), definition);
    }

    fn reads(&mut self, named: &[Named]) -> Vec<QualifiedName> {
        let reads: Vec<QualifiedName> = named.iter().map(|named| self.relation(named)).collect();
        for name in &reads {
            self.need(Key::Relation(name.clone()));
        }
        reads
    }

    pub(super) fn create_table_as(&mut self, new: &NewTableAs) {
        if new.temporary {
            return;
        }
        let name = self.new_name(&new.name);
        let key = Key::Relation(name.clone());
        match self.state.get(&key) {
            Some(value) if value.is_present() && new.if_not_exists => return self.idle(),
            Some(Expected::Unknown) if new.if_not_exists => return self.value(key, Expected::Unknown),
            _ => {}
        }
        self.need_schema(&name);
        let reads = self.reads(&new.reads);
        let path = self.path.clone();
        if new.materialized {
            let build = new.view();
            return self.create(key, Definition::View { materialized: true, build, reads, path });
        }
        let table = catalog::Table {
            foreign: false,
            unlogged: false,
            partition_by: None,
            partition_of: None,
            inherits: Vec::new(),
        };
        self.create(key, Definition::Table(table));
        self.queried_columns(&name, new);
    }

    pub(super) fn add_constraint(&mut self, table: &QualifiedName, new: &NewConstraint) {
        create::constraint(self, table, new);
    }
}
