//! Constraints, functions, parts of a table, and independent objects.

use super::model::Model;
use super::names;
use super::state::Expected;
use crate::catalog::{self, Definition, Key};
use crate::pg::name::QualifiedName;
use crate::sql::{Expr, Named, Template, TypeName};
use crate::statement::change::{Act, ConstraintKind, NewConstraint, NewFunction, NewTrigger, Object, OwnedBy};

/// Adds a constraint, its index, and the NOT NULL that a primary key puts on its columns.
pub(super) fn constraint(model: &mut Model<'_>, table: &QualifiedName, new: &NewConstraint) {
    let (kind, columns) = kind_of(model, table, new);
    if let ConstraintKind::Unique { using_index: Some(index), .. } = &new.kind {
        return of_index(model, table, new, index);
    }
    let name = new.name.clone().unwrap_or_else(|| chosen(model, table, new, &columns));
    if let catalog::ConstraintKind::Primary { columns, .. } = &kind {
        for table in model.family(table) {
            for column in columns {
                model.set(Key::NotNull(table.clone(), column.clone()), Definition::NotNull(true));
            }
        }
    }
    if let ConstraintKind::NotNull { column } = &new.kind {
        return model.set(Key::NotNull(table.clone(), column.clone()), Definition::NotNull(true));
    }
    model.need_columns(table, &columns);
    let has_index = matches!(
        kind,
        catalog::ConstraintKind::Unique { .. }
            | catalog::ConstraintKind::Primary { .. }
            | catalog::ConstraintKind::Exclude { .. }
    );
    let definition = Definition::Constraint(catalog::Constraint {
        kind,
        build: new.build.clone(),
        valid: !new.not_valid,
        deferrable: new.deferrable,
        initially_deferred: new.initially_deferred,
        columns,
        path: model.path.clone(),
        since: Vec::new(),
    });
    let key = Key::Constraint(table.clone(), name.clone());
    let index = table.beside(name);
    if new.name.is_some() {
        model.create(key, definition)
    } else {
        model.create_unnamed(key, definition)
    }
    if has_index {
        let definition = Definition::ConstraintIndex { table: table.clone() };
        let key = Key::Relation(index);
        if new.name.is_some() { model.create(key, definition) } else { model.create_unnamed(key, definition) }
    }
}

/// ADD … USING INDEX: the index becomes part of the constraint and takes its name.
fn of_index(model: &mut Model<'_>, table: &QualifiedName, new: &NewConstraint, index: &str) {
    let old = table.beside(index);
    let name = new.name.clone().unwrap_or_else(|| index.to_owned());
    let columns = match model.state.definition(&Key::Relation(old.clone())) {
        Some(Definition::Index(index)) if !index.build.mentions("include") => Some(index.columns.clone()),
        _ => None,
    };
    model.need(Key::Relation(old.clone()));
    if old.name != name {
        model.remove(Key::Relation(old.clone()));
    }
    let key = Key::Constraint(table.clone(), name.clone());
    let ConstraintKind::Unique { primary, .. } = &new.kind else { return };
    match columns {
        None => model.value(key, Expected::Unknown),
        Some(columns) => {
            if *primary {
                for column in &columns {
                    model.set(Key::NotNull(table.clone(), column.clone()), Definition::NotNull(true));
                }
            }
            let kind = if *primary {
                catalog::ConstraintKind::Primary { columns: columns.clone(), include: Vec::new() }
            } else {
                catalog::ConstraintKind::Unique {
                    columns: columns.clone(),
                    include: Vec::new(),
                    nulls_not_distinct: false,
                }
            };
            let build = crate::sql::Template::unique(*primary, &columns);
            model.create(
                key,
                Definition::Constraint(catalog::Constraint {
                    kind,
                    build,
                    valid: true,
                    deferrable: new.deferrable,
                    initially_deferred: new.initially_deferred,
                    columns,
                    path: model.path.clone(),
                    since: Vec::new(),
                }),
            );
        }
    }
    let index = table.beside(name);
    model.set(Key::Relation(index.clone()), Definition::ConstraintIndex { table: table.clone() });
    model.rename_replica_identity(&old, &index);
}

fn kind_of(
    model: &mut Model<'_>,
    table: &QualifiedName,
    new: &NewConstraint,
) -> (catalog::ConstraintKind, Vec<String>) {
    match &new.kind {
        ConstraintKind::Check { expr, no_inherit } => {
            let is_column = |name: &&String| {
                let key = Key::Column(table.clone(), (*name).clone());
                model.state.expect(&key) != Expected::Absent
                    || !model.state.on(table).iter().any(|key| matches!(key, Key::Column(..)))
            };
            let columns = expr.columns.iter().filter(is_column).cloned().collect();
            (catalog::ConstraintKind::Check { no_inherit: *no_inherit }, columns)
        }
        ConstraintKind::Unique { primary, columns, include, nulls_not_distinct, .. } => {
            let all = columns.iter().chain(include).cloned().collect();
            let (columns, include) = (columns.clone(), include.clone());
            let kind = if *primary {
                catalog::ConstraintKind::Primary { columns, include }
            } else {
                catalog::ConstraintKind::Unique { columns, include, nulls_not_distinct: *nulls_not_distinct }
            };
            (kind, all)
        }
        ConstraintKind::Foreign(foreign) => {
            let target = model.relation(&foreign.target);
            model.need(Key::Relation(target.clone()));
            model.need_columns(&target, &foreign.target_columns);
            let target_columns = if foreign.target_columns.is_empty() {
                primary_key(model, &target)
            } else {
                Some(foreign.target_columns.clone())
            };
            let key = catalog::ForeignKey {
                target,
                target_columns,
                matching: foreign.matching,
                on_update: foreign.on_update,
                on_delete: foreign.on_delete,
                delete_columns: foreign.delete_columns.clone(),
            };
            (catalog::ConstraintKind::Foreign(key.into()), foreign.columns.clone())
        }
        ConstraintKind::Exclude { elements, .. } => {
            let has = |name: &&String| model.state.is_present(&Key::Column(table.clone(), (*name).clone()));
            let columns = elements.iter().filter(has).cloned().collect();
            (catalog::ConstraintKind::Exclude { elements: elements.clone() }, columns)
        }
        ConstraintKind::NotNull { column } => (catalog::ConstraintKind::NotNull, vec![column.clone()]),
    }
}

pub(super) fn primary_key(model: &Model<'_>, table: &QualifiedName) -> Option<Vec<String>> {
    model.state.on(table).iter().find_map(|key| match model.state.definition(key) {
        Some(Definition::Constraint(catalog::Constraint {
            kind: catalog::ConstraintKind::Primary { columns, .. },
            ..
        })) => Some(columns.clone()),
        _ => None,
    })
}

/// The name that the server chooses.
fn chosen(model: &Model<'_>, table: &QualifiedName, new: &NewConstraint, columns: &[String]) -> String {
    let taken = |name: &str| model.state.has_constraint(&table.schema, name);
    let joined = |columns: &[String]| names::addition(columns.iter().map(String::as_str));
    match &new.kind {
        ConstraintKind::Check { .. } => {
            let only = (columns.len() == 1).then(|| columns[0].as_str());
            names::choose(&table.name, only, "check", taken)
        }
        ConstraintKind::Foreign(foreign) => names::choose(&table.name, Some(&joined(&foreign.columns)), "fkey", taken),
        ConstraintKind::Unique { primary: true, .. } => model.choose_relation(table, None, "pkey", true).name.clone(),
        ConstraintKind::Unique { .. } => {
            model.choose_relation(table, Some(&joined(&names::distinct(columns))), "key", true).name.clone()
        }
        ConstraintKind::Exclude { elements, .. } => {
            model.choose_relation(table, Some(&joined(&names::distinct(elements))), "excl", true).name.clone()
        }
        ConstraintKind::NotNull { column } => names::choose(&table.name, Some(column), "not_null", taken),
    }
}

impl Model<'_> {
    pub(super) fn default_value(&mut self, expr: &Expr, of: &TypeName) -> Option<catalog::DefaultValue> {
        if expr.is_null() && !self.keeps_null(of) {
            return None;
        }
        Some(match &expr.nextval {
            Some(named) => {
                let sequence = self.relation(named);
                self.need(Key::Relation(sequence.clone()));
                catalog::DefaultValue::Next(sequence)
            }
            None => catalog::DefaultValue::Expr { expr: expr.clone(), path: self.path.clone(), since: Vec::new() },
        })
    }

    /// True if DEFAULT NULL is kept. The server drops it unless the type truncates it to a length or is a domain: then it is an
    /// expression (PostgreSQL source: `AddRelationNewConstraints`).
    fn keeps_null(&self, of: &TypeName) -> bool {
        let named = Named { schema: of.schema.clone(), name: of.name.clone() };
        !of.modifiers.is_empty() && of.name != "interval"
            || !of.is_array
                && matches!(self.state.shape_of(&Key::Type(self.type_(&named))), Some(Definition::Domain { .. }))
    }

    pub(super) fn need_type(&mut self, type_: &TypeName) {
        if let Some(schema) = type_.schema.as_deref().filter(|schema| *schema != "pg_catalog") {
            self.need(Key::Type(QualifiedName::new(schema, type_.name.clone())));
        } else if type_.schema.is_none() {
            let named = crate::sql::Named { schema: None, name: type_.name.clone() };
            let name = self.type_(&named);
            if name.schema != "pg_catalog" {
                self.need(Key::Type(name));
            }
        }
    }

    pub(super) fn create_function(&mut self, new: &NewFunction) {
        let key = self.new_function(&new.name, &new.arguments);
        for type_ in &new.arguments {
            self.need_type(&self.resolved(type_));
        }
        let definition = Definition::Function { build: new.build.clone(), path: self.path.clone() };
        self.learn_body(&new.name.name, new.body.clone());
        if new.replace { self.replace(key, definition) } else { self.create(key, definition) }
    }

    pub(super) fn alter_function(&mut self, object: &Object, alter: &Template) {
        let Some(key) = self.object(object) else { return };
        self.need(key.clone());
        match self.state.definition(&key).cloned() {
            Some(Definition::Function { build, path }) if path == self.path => {
                self.set(key, Definition::Function { build: build.then(alter), path });
            }
            _ => self.unstate(key),
        }
    }

    pub(super) fn create_trigger(&mut self, new: &NewTrigger) {
        let table = self.relation(&new.table);
        self.need(Key::Relation(table.clone()));
        self.need_columns(&table, &new.columns);
        if let Some(key) = self.function(&new.function, Some(&[])) {
            self.need(key);
        }
        let definition = Definition::Trigger { build: new.build.clone(), path: self.path.clone() };
        self.create(Key::Trigger(table.clone(), new.name.clone()), definition);
        self.create(Key::TriggerState(table, new.name.clone()), Definition::Word(Some("O".to_owned())));
    }

    /// Creates and alters parts of a table other than columns and constraints.
    pub(super) fn create_on_table(&mut self, act: &Act) {
        let path = self.path.clone();
        match act {
            Act::CreatePolicy { table, name, build } => {
                let table = self.relation(table);
                self.need(Key::Relation(table.clone()));
                self.create(Key::Policy(table, name.clone()), Definition::Policy { build: build.clone(), path });
            }
            Act::AlterPolicy { table, name, build: alter } => {
                let key = Key::Policy(self.relation(table), name.clone());
                self.need(key.clone());
                match self.state.definition(&key).cloned() {
                    Some(Definition::Policy { build, path: of_policy }) if of_policy == path => {
                        self.set(key, Definition::Policy { build: build.then(alter), path });
                    }
                    _ => self.unstate(key),
                }
            }
            Act::CreateRule { table, name, build, .. } => {
                let table = self.relation(table);
                self.need(Key::Relation(table.clone()));
                self.create(Key::Rule(table, name.clone()), Definition::Rule { build: build.clone(), path });
            }
            Act::CreateStatistics { name, table, if_not_exists, columns, build } => {
                let table = self.relation(table);
                self.need_columns(&table, columns);
                let Some(name) = name else { return };
                let key = Key::Statistics(self.new_name(name));
                if self.is_there_already(&key, *if_not_exists) {
                    return;
                }
                self.create(key, Definition::Statistics { table, build: build.clone(), path });
            }
            _ => {}
        }
    }

    /// Creates and alters objects that are part of no other.
    pub(super) fn create_other(&mut self, act: &Act) {
        match act {
            Act::CreateSchema { name, if_not_exists } => {
                let key = Key::Schema(name.clone());
                if self.is_there_already(&key, *if_not_exists) {
                    return;
                }
                self.create(key, Definition::Schema);
            }
            Act::CreateExtension { name, schema, version, if_not_exists } => {
                let key = Key::Extension(name.clone());
                if self.is_there_already(&key, *if_not_exists) {
                    return;
                }
                self.create(key, Definition::Extension { schema: schema.clone(), version: version.clone() });
            }
            Act::UpdateExtension { name, version } => {
                let key = Key::Extension(name.clone());
                self.need(key.clone());
                match version {
                    Some(_) => self.set(key, Definition::Extension { schema: None, version: version.clone() }),
                    None => self.value(key, Expected::Unknown),
                }
            }
            Act::CreateRole { name } => self.create(Key::Role(name.clone()), Definition::Role),
            Act::CreateSequence { name, if_not_exists, temporary, build, owned_by } => {
                if self.shadows(name, *temporary) {
                    return;
                }
                let name = self.new_name(name);
                let key = Key::Relation(name.clone());
                if self.is_there_already(&key, *if_not_exists) {
                    return;
                }
                self.need_schema(&name);
                let owned_by = owned_by.as_ref().map(|(table, column)| (self.relation(table), column.clone()));
                self.create(key, Definition::Sequence { build: build.clone(), owned_by, identity: false });
            }
            Act::AlterSequence { name, if_exists, options, owned_by } => {
                self.alter_sequence(name, *if_exists, options.as_ref(), owned_by.as_ref());
            }
            Act::CreateEventTrigger { name, event, function, tags } => {
                let key = Key::EventTrigger(name.clone());
                match self.function(function, Some(&[])) {
                    Some(Key::Function(function, _)) => {
                        let (event, tags) = (event.clone(), tags.clone());
                        self.create(key, Definition::EventTrigger { event, function, tags });
                    }
                    _ => self.value(key, Expected::Unknown),
                }
            }
            Act::CreatePublication { name, all_tables, published, options } => {
                self.create_publication(name, *all_tables, published, options);
            }
            Act::AlterPublication { name, act } => self.alter_publication(name, act),
            _ => {}
        }
    }

    fn alter_sequence(&mut self, name: &Named, if_exists: bool, options: Option<&Template>, owner: Option<&OwnedBy>) {
        let key = Key::Relation(self.relation(name));
        if self.is_gone_already(&key, if_exists) {
            return;
        }
        if if_exists && self.state.get(&key).is_none() {
            // The sequence may exist without a statement of the chain: that of an identity column, or one older than the chain.
            return self.value(key, Expected::Unknown);
        }
        let Some(Definition::Sequence { build, owned_by, identity }) = self.state.definition(&key).cloned() else {
            return self.unstate(key);
        };
        let build = options.map_or_else(|| build.clone(), |alter| build.then(alter));
        let owned_by = match owner {
            Some(OwnedBy::Column(table, column)) => Some((self.relation(table), column.clone())),
            Some(OwnedBy::None) => None,
            None => owned_by,
        };
        self.set(key, Definition::Sequence { build, owned_by, identity });
    }
}
