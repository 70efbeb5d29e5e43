//! Definitions that name a renamed or dropped object: their new text is not stated.

use std::sync::Arc;

use super::model::Model;
use super::state::Expected;
use crate::catalog::{self, DefaultValue, Definition, Key};
use crate::pg::name::{QualifiedName, quote_literal};
use crate::sql::TypeName;

impl Model<'_> {
    /// Changes a definition, also one that is no longer stated; an absent object stays absent.
    pub(super) fn reshape(&mut self, key: Key, change: impl FnOnce(&Definition) -> Option<Definition>) {
        match self.state.get(&key).cloned() {
            Some(Expected::Present(definition)) => {
                if let Some(changed) = change(&definition) {
                    self.set(key, changed);
                }
            }
            Some(Expected::Blurred(definition)) => {
                if let Some(changed) = change(&definition) {
                    self.value(key, Expected::Blurred(Arc::new(changed)));
                }
            }
            Some(Expected::Exists | Expected::Absent | Expected::Unknown) | None => {}
        }
    }

    /// The object is altered in a way that the text does not state: it still exists.
    pub(super) fn unstate(&mut self, key: Key) {
        match self.state.get(&key).cloned() {
            Some(Expected::Present(definition) | Expected::Blurred(definition)) => {
                self.value(key, Expected::Blurred(definition));
            }
            Some(Expected::Exists | Expected::Absent | Expected::Unknown) | None => self.value(key, Expected::Unknown),
        }
    }

    fn stated(&self, is: impl Fn(&Key, &Definition) -> bool) -> Vec<Key> {
        self.state.keys(|key, value| value.definition().is_some_and(|definition| is(key, definition)))
    }

    fn blur_all(&mut self, is: impl Fn(&Key, &Definition) -> bool) {
        self.stated(is).into_iter().for_each(|key| self.blur(key));
    }

    /// Blurs definitions whose text names a renamed object.
    pub(super) fn blur_mentions(&mut self, word: &str) {
        self.blur_all(|_, definition| {
            !matches!(definition, Definition::Default(Some(DefaultValue::Next(_)))) && holds(definition, word)
        });
    }

    /// Blurs definitions that name the table, except the table's own keys and indexes.
    pub(super) fn blur_mentions_of_table(&mut self, table: &QualifiedName) {
        self.blur_all(|_, definition| match definition {
            Definition::Policy { .. }
            | Definition::Rule { .. }
            | Definition::Function { .. }
            | Definition::Statistics { .. } => holds(definition, &table.name),
            Definition::Column(column) => column.generated.as_ref().is_some_and(|it| it.expr.mentions(&table.name)),
            _ => false,
        });
    }

    /// Blurs definitions that name a column: rules of its table, and objects elsewhere that read it.
    pub(super) fn blur_mentions_of_column(&mut self, table: &QualifiedName, column: &str) {
        self.blur_all(|key, definition| names_column(key, definition, table, column));
    }

    /// Blurs definitions that contain a label of an enum.
    pub(super) fn blur_labels(&mut self, label: &str) {
        let literal = quote_literal(label);
        self.blur_all(|_, definition| match definition {
            Definition::Table(table) => table.partition_of.as_ref().is_some_and(|(_, bound)| bound.contains(&literal)),
            definition => quotes(definition, &literal),
        });
    }

    /// Forgets objects that CASCADE drops, or may drop, with a column: policies, triggers and rules over it, columns generated
    /// from it.
    pub(super) fn forget_users_of_column(&mut self, table: &QualifiedName, column: &str) {
        let is_over = |key: &Key, definition: &Definition| {
            names_column(key, definition, table, column)
                || key.relation() == Some(table)
                    && match definition {
                        Definition::Policy { build, .. } | Definition::Trigger { build, .. } => build.mentions(column),
                        Definition::Column(of) => of.generated.as_ref().is_some_and(|it| it.expr.mentions(column)),
                        _ => false,
                    }
        };
        for key in self.stated(is_over) {
            match &key {
                Key::Column(table, name) => {
                    for table in self.family(table) {
                        self.forget_column(&table, name);
                    }
                }
                Key::Trigger(table, name) => {
                    self.forget(Key::TriggerState(table.clone(), name.clone()));
                    self.forget_with_words(key);
                }
                _ => self.forget_with_words(key),
            }
        }
    }

    /// Forgets objects that CASCADE drops with a table, in addition to its keys and views: policies, rules and functions that
    /// name it, and columns of its row type.
    pub(super) fn forget_users_of_table(&mut self, table: &QualifiedName) {
        let is_over = |_: &Key, definition: &Definition| match definition {
            Definition::Policy { .. } | Definition::Rule { .. } => holds(definition, &table.name),
            _ => false,
        };
        self.stated(is_over).into_iter().for_each(|key| self.forget_with_words(key));
        for (of, column, _) in self.columns_of_type(table) {
            self.forget_column(&of, &column);
        }
    }

    /// Forgets the defaults that use a dropped sequence.
    pub(super) fn forget_defaults_from(&mut self, sequence: &QualifiedName) {
        let takes = |_: &Key, definition: &Definition| matches!(definition, Definition::Default(Some(DefaultValue::Next(from))) if from == sequence);
        self.stated(takes).into_iter().for_each(|key| self.forget(key));
    }

    /// Gives columns and attributes the new name of their type.
    pub(super) fn retype(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let moved =
            |type_: &TypeName| TypeName { name: to.name.clone(), schema: Some(to.schema.clone()), ..type_.clone() };
        for (table, name, column) in self.columns_of_type(from) {
            self.blur_default(&table, &name);
            let type_ = moved(&column.type_);
            self.set(Key::Column(table, name), Definition::Column(catalog::Column { type_, ..column }));
        }
        let is_of = |type_: &TypeName| type_.name == from.name && type_.schema.as_ref() == Some(&from.schema);
        let has = |_: &Key, definition: &Definition| matches!(definition, Definition::Composite { attributes } if attributes.iter().any(|(_, type_)| is_of(type_)));
        for key in self.stated(has) {
            self.reshape(key, |definition| {
                let Definition::Composite { attributes } = definition else { return None };
                let retyped = |(name, type_): &(String, TypeName)| {
                    (name.clone(), if is_of(type_) { moved(type_) } else { type_.clone() })
                };
                Some(Definition::Composite { attributes: attributes.iter().map(retyped).collect() })
            });
        }
    }

    /// Gives event triggers the new name of their function.
    pub(super) fn repoint_event_triggers(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let calls = |_: &Key, definition: &Definition| matches!(definition, Definition::EventTrigger { function, .. } if function == from);
        for key in self.stated(calls) {
            self.reshape(key, |definition| match definition.clone() {
                Definition::EventTrigger { event, tags, .. } => {
                    Some(Definition::EventTrigger { event, tags, function: to.clone() })
                }
                _ => None,
            });
        }
    }

    /// Gives statements about a role its new name.
    pub(super) fn rename_role(&mut self, from: &str, to: &str) {
        let named = |role: &String| if role == from { to.to_owned() } else { role.clone() };
        let concerned = self.state.keys(|key, value| {
            *value != Expected::Absent
                && match key {
                    Key::Grant(_, role, _) => role == from,
                    Key::Member(role, member) => role == from || member == from,
                    _ => false,
                }
        });
        for key in concerned {
            let moved = match &key {
                Key::Grant(of, role, privilege) => Key::Grant(of.clone(), named(role), privilege.clone()),
                Key::Member(role, member) => Key::Member(named(role), named(member)),
                _ => continue,
            };
            self.move_key(key, moved);
        }
        let owned = self.stated(|key, definition| {
            matches!((key, definition), (Key::Owner(_), Definition::Word(Some(role))) if role == from)
        });
        owned.into_iter().for_each(|key| self.set(key, Definition::Word(Some(to.to_owned()))));
        self.blur_all(|_, definition| matches!(definition, Definition::Policy { build, .. } if build.mentions(from)));
    }
}

/// True if a rule of the table, or a definition elsewhere, names a column of the table.
fn names_column(key: &Key, definition: &Definition, table: &QualifiedName, column: &str) -> bool {
    match definition {
        Definition::Rule { build, .. } if key.relation() == Some(table) => build.mentions(column),
        Definition::Rule { build, .. } | Definition::Policy { build, .. } | Definition::Function { build, .. } => {
            build.mentions(column) && build.mentions(&table.name)
        }
        _ => false,
    }
}

/// True if a definition contains a literal.
fn quotes(definition: &Definition, literal: &str) -> bool {
    match definition {
        Definition::Function { build, .. }
        | Definition::View { build, .. }
        | Definition::Policy { build, .. }
        | Definition::Trigger { build, .. }
        | Definition::Rule { build, .. }
        | Definition::Statistics { build, .. }
        | Definition::Domain { build, .. }
        | Definition::Constraint(catalog::Constraint { build, .. })
        | Definition::Index(catalog::Index { build, .. }) => build.fill("", "").contains(literal),
        Definition::Column(catalog::Column { generated: Some(generated), .. }) => generated.expr.sql.contains(literal),
        Definition::Default(Some(DefaultValue::Expr { expr, .. })) => expr.sql.contains(literal),
        _ => false,
    }
}

/// True if a definition contains a name.
pub(super) fn holds(definition: &Definition, name: &str) -> bool {
    match definition {
        Definition::Function { build, .. }
        | Definition::View { build, .. }
        | Definition::Policy { build, .. }
        | Definition::Trigger { build, .. }
        | Definition::Rule { build, .. }
        | Definition::Statistics { build, .. }
        | Definition::Domain { build, .. }
        | Definition::Range { build, .. }
        | Definition::Sequence { build, .. }
        | Definition::Constraint(catalog::Constraint { build, .. })
        | Definition::Index(catalog::Index { build, .. }) => build.mentions(name),
        Definition::Queried { build, .. } => build.mentions(name),
        Definition::Column(catalog::Column { type_, collation, generated, .. }) => {
            type_.name == name
                || collation.as_ref().is_some_and(|collation| collation.name == name)
                || generated.as_ref().is_some_and(|it| it.expr.mentions(name))
        }
        Definition::Default(Some(DefaultValue::Expr { expr, .. })) => expr.mentions(name),
        Definition::Default(Some(DefaultValue::Next(sequence))) => sequence.name == name,
        Definition::Composite { attributes } => attributes.iter().any(|(_, type_)| type_.name == name),
        Definition::EventTrigger { function, .. } => function.name == name,
        Definition::Published(published) => published.filter.as_deref().is_some_and(|filter| holds(filter, name)),
        Definition::Schema
        | Definition::Role
        | Definition::Extension { .. }
        | Definition::Table(_)
        | Definition::ConstraintIndex { .. }
        | Definition::Default(None)
        | Definition::NotNull(_)
        | Definition::Enum { .. }
        | Definition::Collation { .. }
        | Definition::Publication(_)
        | Definition::Flag(_)
        | Definition::Word(_) => false,
    }
}
