//! ALTER TABLE, subcommand by subcommand.

use super::model::Model;
use super::state::Expected;
use crate::catalog::{self, Conversion, DefaultValue, Definition, Key, TableProperty};
use crate::pg::name::QualifiedName;
use crate::sql::{Named, TypeName};
use crate::statement::change::{Generated, ReplicaIdentity, TableAct, TriggerName};

impl Model<'_> {
    pub(super) fn alter_table(&mut self, named: &Named, only: bool, if_exists: bool, act: &TableAct) {
        let table = self.relation(named);
        let key = Key::Relation(table.clone());
        if self.is_gone_already(&key, if_exists) {
            return;
        }
        let family = if only { vec![table.clone()] } else { self.family(&table) };
        match act {
            TableAct::AddColumn { column, if_not_exists } => {
                let key = Key::Column(table.clone(), column.name.clone());
                if self.is_there_already(&key, *if_not_exists) {
                    return;
                }
                for table in &family {
                    let own = Key::Column(table.clone(), column.name.clone());
                    if *table != family[0] && self.state.is_present(&own) {
                        // A child's own column takes the parent's position; the text does not say which properties of its own it
                        // keeps.
                        self.forget(Key::Default(table.clone(), column.name.clone()));
                        self.forget(Key::NotNull(table.clone(), column.name.clone()));
                    } else if *table == family[0] {
                        self.add_column(table, column);
                    } else {
                        self.inherit_column(&family[0], table, &column.name);
                    }
                }
            }
            TableAct::DropColumn { column, if_exists, cascade } => {
                self.drop_column(&table, column, *if_exists, *cascade);
                for child in family.iter().skip(1) {
                    // A child may have a column of its own with this name.
                    if self.is_partition(child) {
                        self.drop_column(child, column, true, *cascade);
                    } else {
                        self.forget_column(child, column);
                    }
                }
            }
            TableAct::SetType { column, type_, collation, .. } => {
                let type_ = self.resolved(type_);
                self.need_type(&type_);
                let collation = self.column_collation(collation.as_ref());
                for table in &family {
                    self.set_type(table, column, &type_, collation.as_ref());
                }
            }
            TableAct::SetDefault { column, default } => {
                let Some(of) = self.type_of(&table, column).or_else(|| (!default.is_null()).then(TypeName::default))
                else {
                    // The type decides: a domain or a type with a length keeps it.
                    return self.value(Key::Default(table, column.clone()), Expected::Unknown);
                };
                let value = self.default_value(default, &of);
                self.column_property(&family, column, Key::Default, &Definition::Default(value));
            }
            TableAct::DropDefault { column } => {
                self.column_property(&family, column, Key::Default, &Definition::Default(None));
            }
            TableAct::SetNotNull { column } => {
                self.column_property(&family, column, Key::NotNull, &Definition::NotNull(true));
            }
            TableAct::DropNotNull { column } => {
                self.column_property(&family, column, Key::NotNull, &Definition::NotNull(false));
            }
            TableAct::SetExpression { column, expr } => self.change_column(&table, column, |definition| {
                let stored = definition.generated.as_ref().is_none_or(|generated| generated.stored);
                definition.generated = Some(Generated { expr: expr.clone(), stored }.into());
            }),
            TableAct::DropExpression { column, .. } => {
                self.change_column(&table, column, |definition| definition.generated = None);
            }
            TableAct::AddIdentity { column, identity } => self.add_identity(&table, column, identity),
            TableAct::SetIdentity { column, always, options } => {
                self.set_identity(&table, column, *always, options.as_ref());
            }
            TableAct::RestartIdentity { column, always, options } => {
                self.restart_identity(&table, column, *always, options.as_ref());
            }
            TableAct::DropIdentity { column, .. } => self.drop_identity(&table, column),
            TableAct::SetColumnProperty { column, property, value } => {
                // Several properties are one change: their names and their values are joined.
                let mut values = value.iter().flat_map(|values| values.split(", "));
                for property in property.split(", ") {
                    let key = |table, column| Key::ColumnProperty(table, column, property.to_owned());
                    let value = Definition::Word(values.next().map(str::to_owned));
                    self.column_property(std::slice::from_ref(&table), column, key, &value);
                }
            }
            TableAct::AddConstraint(new) => self.add_constraint(&table, new),
            TableAct::DropConstraint { name, if_exists, cascade } => {
                self.drop_constraint(&table, name, *if_exists, *cascade);
            }
            TableAct::ValidateConstraint { name } => {
                self.change_constraint(&table, name, |constraint| constraint.valid = true);
            }
            TableAct::AlterConstraint { name, deferrable, initially_deferred } => {
                self.change_constraint(&table, name, |constraint| {
                    constraint.deferrable = *deferrable;
                    constraint.initially_deferred = *initially_deferred;
                });
            }
            TableAct::EnableTrigger { name, state } => self.enable_trigger(&table, name, *state),
            TableAct::Owner(role) => self.owner(Key::Relation(table), role),
            TableAct::AttachPartition { partition, bound } => {
                let partition = self.relation(partition);
                self.need(Key::Relation(partition.clone()));
                self.change_table(&partition, |child| child.partition_of = Some((table.clone(), bound.clone())));
                self.regroup_partition(&partition, &table);
            }
            TableAct::DetachPartition { partition } => {
                let partition = self.relation(partition);
                self.change_table(&partition, |child| child.partition_of = None);
                self.regroup_partition(&partition, &table);
            }
            TableAct::Inherit { parent, inherit } => {
                let parent = self.relation(parent);
                self.need(Key::Relation(parent.clone()));
                self.change_table(&table, |child| {
                    child.inherits.retain(|other| *other != parent);
                    if *inherit {
                        child.inherits.push(parent.clone());
                    }
                });
                self.regroup_heir(&table);
            }
            // The server prints the options with the index's definition.
            TableAct::SetOptions(_) if self.prints_options(&table) => self.blur_index(table),
            TableAct::RowSecurity(_)
            | TableAct::ForceRowSecurity(_)
            | TableAct::SetLogged(_)
            | TableAct::ReplicaIdentity(_)
            | TableAct::SetOptions(_)
            | TableAct::ClusterOn(_)
            | TableAct::SetTablespace
            | TableAct::SetAccessMethod
            | TableAct::Other(_) => self.table_properties(&table, act),
        }
    }

    pub(super) fn type_of(&self, table: &QualifiedName, column: &str) -> Option<TypeName> {
        match self.state.definition(&Key::Column(table.clone(), column.to_owned())) {
            Some(Definition::Column(column)) => Some(column.type_.clone()),
            _ => None,
        }
    }

    fn table_properties(&mut self, table: &QualifiedName, act: &TableAct) {
        let property = |property| Key::TableProperty(table.clone(), property);
        match act {
            TableAct::RowSecurity(on) => self.set(property(TableProperty::RowSecurity), Definition::Flag(*on)),
            TableAct::ForceRowSecurity(on) => {
                self.set(property(TableProperty::ForceRowSecurity), Definition::Flag(*on))
            }
            TableAct::SetLogged(logged) => self.change_table(table, |table| table.unlogged = !logged),
            TableAct::ReplicaIdentity(identity) => {
                let word = match identity {
                    ReplicaIdentity::Letter(letter) => letter.to_string(),
                    ReplicaIdentity::Index(index) => index.clone(),
                };
                self.set(property(TableProperty::ReplicaIdentity), Definition::Word(Some(word)));
            }
            TableAct::SetOptions(options) => {
                let is_told = self.state.expect(&Key::Relation(table.clone())) != Expected::Unknown;
                for (name, value) in options {
                    if !is_told {
                        self.value(property(TableProperty::Option(name.clone())), Expected::Unknown);
                        continue;
                    }
                    self.set(property(TableProperty::Option(name.clone())), Definition::Word(value.clone()));
                }
            }
            _ => {}
        }
    }

    fn prints_options(&self, table: &QualifiedName) -> bool {
        matches!(
            self.state.definition(&Key::Relation(table.clone())),
            Some(Definition::Index(_) | Definition::ConstraintIndex { .. })
        )
    }

    fn blur_index(&mut self, index: QualifiedName) {
        let key = Key::Relation(index.clone());
        if let Some(Definition::ConstraintIndex { table }) = self.state.definition(&key) {
            return self.blur(Key::Constraint(table.clone(), index.name.clone()));
        }
        self.blur(key);
    }

    fn column_property(
        &mut self,
        family: &[QualifiedName],
        column: &str,
        key: impl Fn(QualifiedName, String) -> Key,
        definition: &Definition,
    ) {
        for table in family {
            self.need(Key::Column(table.clone(), column.to_owned()));
            self.set(key(table.clone(), column.to_owned()), definition.clone());
        }
    }

    pub(super) fn change_column(&mut self, table: &QualifiedName, name: &str, change: impl Fn(&mut catalog::Column)) {
        let key = Key::Column(table.clone(), name.to_owned());
        self.need(key.clone());
        match self.state.shape_of(&key).cloned() {
            Some(Definition::Column(mut column)) => {
                change(&mut column);
                self.reshape(key, |_| Some(Definition::Column(column)));
            }
            _ => self.unstate(key),
        }
    }

    fn change_table(&mut self, name: &QualifiedName, change: impl Fn(&mut catalog::Table)) {
        let key = Key::Relation(name.clone());
        match self.state.shape_of(&key).cloned() {
            Some(Definition::Table(mut table)) => {
                change(&mut table);
                self.note_child(name, &table);
                self.reshape(key, |_| Some(Definition::Table(table)));
            }
            _ => self.value(key, Expected::Unknown),
        }
    }

    fn change_constraint(&mut self, table: &QualifiedName, name: &str, change: impl Fn(&mut catalog::Constraint)) {
        let key = Key::Constraint(table.clone(), name.to_owned());
        self.need(key.clone());
        match self.state.shape_of(&key).cloned() {
            Some(Definition::Constraint(mut constraint)) => {
                change(&mut constraint);
                self.reshape(key, |_| Some(Definition::Constraint(constraint)));
            }
            _ => self.unstate(key),
        }
    }

    /// The server converts the default and rebuilds every definition that mentions the column: their text may change.
    fn set_type(&mut self, table: &QualifiedName, column: &str, type_: &TypeName, collation: Option<&QualifiedName>) {
        let path = self.path.clone();
        let key = Key::Column(table.clone(), column.to_owned());
        self.need(key.clone());
        let (identity, generated, was) = match self.state.definition(&key) {
            Some(Definition::Column(old)) => {
                let was = Some(old.type_.clone()).filter(|_| old.collation.is_none() && collation.is_none());
                (old.identity, old.generated.clone(), was)
            }
            _ => (None, None, None),
        };
        let definition =
            catalog::Column { type_: type_.clone(), collation: collation.cloned(), identity, generated, path };
        self.set(key, Definition::Column(definition));
        if identity.is_some() {
            self.retype_identity(table, column, type_);
        }
        // A conversion with a type of the chain's cannot be repeated later, because the type may change.
        let was = was.filter(|was| self.is_built_in(was) && self.is_built_in(type_));
        let conversion = was.map(|from| Conversion { column: column.to_owned(), from, to: type_.clone() });
        for key in self.state.on(table) {
            // The column takes the new type's default storage, and may no longer need a TOAST table.
            let is_reset = match &key {
                Key::ColumnProperty(_, name, property) => {
                    name == column && matches!(property.as_str(), "storage" | "compression")
                }
                Key::TableProperty(_, TableProperty::Option(name)) => name.starts_with("toast."),
                _ => false,
            };
            if is_reset {
                self.forget(key);
            } else {
                self.convert(key, column, conversion.as_ref());
            }
        }
    }

    /// Records the conversion in a definition that the server rebuilds for the column's new type.
    fn convert(&mut self, key: Key, column: &str, conversion: Option<&Conversion>) {
        let definition = self.state.definition(&key).filter(|definition| is_made_over(&key, definition, column));
        let Some(mut definition) = definition.cloned() else { return };
        match (&mut definition, conversion) {
            (
                Definition::Constraint(catalog::Constraint { since, .. })
                | Definition::Index(catalog::Index { since, .. })
                | Definition::Default(Some(DefaultValue::Expr { since, .. })),
                Some(conversion),
            ) => {
                since.push(conversion.clone());
                self.set(key, definition);
            }
            _ => self.blur(key),
        }
    }

    fn enable_trigger(&mut self, table: &QualifiedName, name: &TriggerName, state: char) {
        let word = || Definition::Word(Some(state.to_string()));
        match name {
            TriggerName::One(name) => {
                self.need(Key::Trigger(table.clone(), name.clone()));
                self.set(Key::TriggerState(table.clone(), name.clone()), word());
            }
            TriggerName::All | TriggerName::User => {
                for key in self.state.on(table) {
                    if let Key::TriggerState(table, name) = &key
                        && self.state.is_present(&Key::Trigger(table.clone(), name.clone()))
                    {
                        self.set(key, word());
                    }
                }
            }
        }
    }
}

/// True for the column's default and for a definition with an expression over the column.
fn is_made_over(key: &Key, definition: &Definition, column: &str) -> bool {
    let mentions = |columns: &[String]| columns.iter().any(|name| name == column);
    match definition {
        Definition::Default(Some(DefaultValue::Expr { .. })) => matches!(key, Key::Default(_, name) if name == column),
        Definition::Constraint(constraint) => {
            matches!(constraint.kind, catalog::ConstraintKind::Check { .. } | catalog::ConstraintKind::Exclude { .. })
                && mentions(&constraint.columns)
        }
        Definition::Index(index) => mentions(&index.columns) && index.build.has_expression(),
        Definition::Trigger { build, .. } | Definition::Policy { build, .. } => build.mentions(column),
        _ => false,
    }
}
