//! Identity columns and their sequences.

use super::model::Model;
use super::state::Expected;
use crate::catalog::{self, Definition, Key};
use crate::pg::name::QualifiedName;
use crate::sql::{Template, TypeName};
use crate::statement::change::Identity;

impl Model<'_> {
    /// The sequence of a new identity column.
    pub(super) fn identity_sequence(
        &mut self,
        table: &QualifiedName,
        column: &str,
        new: &Identity,
        type_: Option<&TypeName>,
    ) {
        let value = type_.map(|type_| behind(table, column, new.build.of_type(type_)));
        let Some(named) = &new.sequence else { return self.choose_sequence(table, column, value) };
        let schema = named.schema.as_ref().unwrap_or(&table.schema);
        let key = Key::Relation(QualifiedName::new(schema.clone(), named.name.clone()));
        match value {
            Some(definition) => self.create(key, definition),
            None => self.value(key, Expected::Unknown),
        }
    }

    /// Adds the sequence under a name that the server chooses.
    fn choose_sequence(&mut self, table: &QualifiedName, column: &str, value: Option<Definition>) {
        let key = Key::Relation(self.choose_relation(table, Some(column), "seq", false));
        match value {
            Some(definition) => self.create_unnamed(key, definition),
            None => self.value(key, Expected::Unknown),
        }
    }

    /// LIKE … INCLUDING IDENTITY: a sequence with the numbers of the source table's; its type differs between versions.
    pub(super) fn like_identity(&mut self, table: &QualifiedName, column: &str) {
        let any = Template::of_sequence();
        self.choose_sequence(table, column, Some(behind(table, column, any)));
        if let Some((key, _)) = self.sequence_behind(table, column) {
            self.blur(key);
        }
    }

    /// A table that inherits a column has no identity on it.
    pub(super) fn inherit_no_identity(&mut self, table: &QualifiedName) {
        for key in self.state.on(table) {
            if let (Key::Column(_, name), Some(Definition::Column(column))) = (&key, self.state.definition(&key))
                && column.identity.is_some()
            {
                self.change_column(table, name, |column| column.identity = None);
            }
        }
    }

    pub(super) fn add_identity(&mut self, table: &QualifiedName, column: &str, new: &Identity) {
        let type_ = self.type_of(table, column);
        self.identity_sequence(table, column, new, type_.as_ref());
        self.change_column(table, column, |definition| definition.identity = Some(new.always));
    }

    pub(super) fn set_identity(
        &mut self,
        table: &QualifiedName,
        column: &str,
        always: Option<bool>,
        options: Option<&Template>,
    ) {
        self.change_column(table, column, |definition| definition.identity = always.or(definition.identity));
        if let Some(options) = options {
            self.alter_behind(table, column, |build| build.then(options));
        }
    }

    /// RESTART: the catalog does not contain the position, so nothing proves that it ran.
    pub(super) fn restart_identity(
        &mut self,
        table: &QualifiedName,
        column: &str,
        always: Option<bool>,
        options: Option<&Template>,
    ) {
        self.need(Key::Column(table.clone(), column.to_owned()));
        if always.is_some() {
            self.blur(Key::Column(table.clone(), column.to_owned()));
        }
        if options.is_some()
            && let Some((key, _)) = self.sequence_behind(table, column)
        {
            self.blur(key);
        }
    }

    /// The sequence is dropped with the identity.
    pub(super) fn drop_identity(&mut self, table: &QualifiedName, column: &str) {
        if let Some((key, _)) = self.sequence_behind(table, column) {
            self.drop_alone(key);
        }
        self.change_column(table, column, |definition| definition.identity = None);
    }

    /// The sequence takes the column's new type.
    pub(super) fn retype_identity(&mut self, table: &QualifiedName, column: &str, type_: &TypeName) {
        self.alter_behind(table, column, |build| build.then_of_type(type_));
    }

    fn alter_behind(&mut self, table: &QualifiedName, column: &str, alter: impl Fn(&Template) -> Template) {
        match self.sequence_behind(table, column) {
            Some((key, Some(build))) => self.set(key, behind(table, column, alter(&build))),
            Some((key, None)) => self.value(key, Expected::Unknown),
            None => {}
        }
    }

    /// An identity column's sequence, as far as the chain states it.
    fn sequence_behind(&self, table: &QualifiedName, column: &str) -> Option<(Key, Option<Template>)> {
        self.state.on(table).into_iter().find_map(|key| match self.state.shape_of(&key)? {
            Definition::Sequence { build, owned_by: Some((_, of)), identity: true } if of == column => {
                let build = self.state.definition(&key).map(|_| build.clone());
                Some((key, build))
            }
            _ => None,
        })
    }
}

fn behind(table: &QualifiedName, column: &str, build: Template) -> Definition {
    Definition::Sequence { build, owned_by: Some((table.clone(), column.to_owned())), identity: true }
}

/// A column of another table, without its identity or its expression.
pub(super) fn without(column: &catalog::Column, identity: bool, generated: bool) -> catalog::Column {
    catalog::Column {
        identity: column.identity.filter(|_| identity),
        generated: column.generated.clone().filter(|_| generated),
        ..column.clone()
    }
}
