//! Dependents of an object that are no part of it: CASCADE takes them, and the text does not name them.

use super::model::Model;
use super::state::Expected;
use crate::catalog::{Column, Constraint, DefaultValue, Definition, Index, Key};
use crate::pg::name::QualifiedName;

impl Model<'_> {
    /// Whatever names an object that goes is not stated any more, nor what hangs on that; `within` is the schema that goes
    /// with it.
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

    /// Functions that take or give the rows of a table.
    pub(super) fn forget_functions_of(&mut self, name: &str) {
        let is_over = |key: &Key, value: &Expected| {
            matches!(key, Key::Function(_, arguments) if arguments.iter().any(|one| is_type(one, name)))
                || matches!(value.definition(), Some(Definition::Function { build, .. }) if build.mentions(name))
        };
        self.state.keys(is_over).into_iter().for_each(|key| self.forget_with_words(key));
    }

    /// A column that may be gone, and what is said and built over it.
    pub(super) fn forget_column(&mut self, table: &QualifiedName, column: &str) {
        self.forget_views_of(table);
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

    fn forget_with_words(&mut self, key: Key) {
        self.about(&key).into_iter().for_each(|said| self.forget(said));
        self.forget(key);
    }

    /// True where a definition holds a name, or may hold it by now.
    fn may_name(&self, key: &Key, value: &Expected, name: &str) -> bool {
        if matches!(key, Key::Function(_, arguments) if arguments.iter().any(|one| is_type(one, name))) {
            return *value != Expected::Absent && *value != Expected::Unknown;
        }
        match value {
            Expected::Present(definition) => holds(definition, name),
            Expected::Blurred(_) => true,
            Expected::Absent | Expected::Unknown => false,
        }
    }
}

/// `public.mood[]` is of `mood`.
fn is_type(argument: &str, name: &str) -> bool {
    let bare = argument.strip_suffix("[]").unwrap_or(argument);
    bare.rsplit_once('.').map_or(bare, |(_, last)| last) == name
}

fn holds(definition: &Definition, name: &str) -> bool {
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
        | Definition::Constraint(Constraint { build, .. })
        | Definition::Index(Index { build, .. }) => build.mentions(name),
        Definition::Queried { build, .. } => build.mentions(name),
        Definition::Column(Column { type_, collation, generated, .. }) => {
            type_.name == name
                || collation.as_ref().is_some_and(|collation| collation.name == name)
                || generated.as_ref().is_some_and(|it| it.expr.mentions(name))
        }
        Definition::Default(Some(DefaultValue::Expr { expr, .. })) => expr.mentions(name),
        Definition::Default(Some(DefaultValue::Next(sequence))) => sequence.name == name,
        Definition::Composite { attributes } => attributes.iter().any(|(_, type_)| type_.name == name),
        Definition::EventTrigger { function, .. } => function.name == name,
        Definition::Schema
        | Definition::Role
        | Definition::Extension { .. }
        | Definition::Table(_)
        | Definition::ConstraintIndex { .. }
        | Definition::Default(None)
        | Definition::NotNull(_)
        | Definition::Enum { .. }
        | Definition::Collation { .. }
        | Definition::Publication { .. }
        | Definition::Flag(_)
        | Definition::Word(_) => false,
    }
}
