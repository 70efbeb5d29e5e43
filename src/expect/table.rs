//! CREATE TABLE, views and indexes: what they make.

use super::create;
use super::model::Model;
use super::names;
use super::state::Expected;
use crate::catalog::{self, Definition, Key, TableProperty};
use crate::pg::name::QualifiedName;
use crate::sql::change::{Named, NewColumn, NewConstraint, NewIndex, NewTable, NewTableAs, NewView, TypeName, serial};

/// Every option that a view may have.
const VIEW_OPTIONS: [&str; 3] = ["check_option", "security_barrier", "security_invoker"];

impl Model<'_> {
    pub(super) fn create_table(&mut self, new: &NewTable) {
        if new.temporary {
            return self.create_temporary(&new.name.name);
        }
        let table = self.new_name(&new.name);
        let key = Key::Relation(table.clone());
        match self.state.get(&key) {
            Some(value) if value.is_present() && new.if_not_exists => return self.idle(key),
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
            let inherits_identity = partition_of.is_some() && self.surroundings.partitions_have_identity;
            self.copy_columns(parent, &table, true, inherits_identity);
        }
        for like in &new.likes {
            self.like(like, &table);
        }
        if let Some((parent, _)) = &partition_of {
            self.blur_keys_of_partition(parent, &table);
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
            None => new.default.as_ref().and_then(|expr| self.default_value(expr, &new.type_)),
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
            Some(value) if value.is_present() && new.if_not_exists => return self.idle(key),
            Some(Expected::Unknown) if new.if_not_exists => return self.value(key, Expected::Unknown),
            _ => {}
        }
        let definition = Definition::Index(catalog::Index {
            table,
            build: new.build.clone(),
            columns: new.columns.clone(),
            labels: names::distinct(&labels),
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
            return self.create_temporary(&new.name.name);
        }
        let name = self.new_name(&new.name);
        self.need_schema(&name);
        let reads = self.reads(&new.reads);
        let path = self.path.clone();
        let definition = Definition::View { materialized: false, build: new.build.clone(), reads, path };
        self.create(Key::Relation(name.clone()), definition);
        // OR REPLACE takes away what it does not say.
        for option in VIEW_OPTIONS {
            let said = new.options.iter().find(|(name, _)| name == option).map(|(_, value)| value.clone());
            let key = Key::TableProperty(name.clone(), TableProperty::Option(option.to_owned()));
            self.create(key, Definition::Word(said));
        }
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
            return self.create_temporary(&new.name.name);
        }
        let name = self.new_name(&new.name);
        let key = Key::Relation(name.clone());
        match self.state.get(&key) {
            Some(value) if value.is_present() && new.if_not_exists => return self.idle(key),
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
