//! What becomes of a definition when something that it names gets another name.

use crate::catalog::{self, Conversion, Definition};
use crate::pg::name::QualifiedName;
use crate::sql::change::Template;

/// A template whose expressions may name their table.
pub(super) fn with_table(build: &Template, from: &QualifiedName, to: &QualifiedName) -> Option<Template> {
    if build.mentions(&from.name) { build.rename_table(&from.name, &to.name) } else { Some(build.clone()) }
}

/// What becomes of a definition when a column that it may mention is renamed.
pub(super) enum Renamed {
    Untouched,
    To(Box<Definition>),
    Unknown,
}

pub(super) fn rename_in(columns: &mut [String], from: &str, to: &str) {
    for name in columns.iter_mut().filter(|name| *name == from) {
        to.clone_into(name);
    }
}

fn rename_since(since: &mut [Conversion], from: &str, to: &str) {
    for it in since.iter_mut().filter(|it| it.column == from) {
        to.clone_into(&mut it.column);
    }
}

pub(super) fn with_column(definition: Definition, from: &str, to: &str) -> Renamed {
    let has = |columns: &[String]| columns.iter().any(|name| name == from);
    let renamed = match definition {
        Definition::Constraint(mut constraint) if has(&constraint.columns) || constraint.build.mentions(from) => {
            let Some(build) = constraint.build.rename_column(from, to) else { return Renamed::Unknown };
            constraint.build = build;
            rename_in(&mut constraint.columns, from, to);
            rename_since(&mut constraint.since, from, to);
            match &mut constraint.kind {
                catalog::ConstraintKind::Unique { columns, include, .. }
                | catalog::ConstraintKind::Primary { columns, include } => {
                    rename_in(columns, from, to);
                    rename_in(include, from, to);
                }
                catalog::ConstraintKind::Foreign(foreign) => rename_in(&mut foreign.delete_columns, from, to),
                catalog::ConstraintKind::Check
                | catalog::ConstraintKind::Exclude
                | catalog::ConstraintKind::NotNull => {}
            }
            Definition::Constraint(constraint)
        }
        Definition::Index(mut index) if has(&index.columns) => {
            let Some(build) = index.build.rename_column(from, to) else { return Renamed::Unknown };
            index.build = build;
            rename_in(&mut index.columns, from, to);
            rename_since(&mut index.since, from, to);
            Definition::Index(index)
        }
        Definition::Default(Some(catalog::DefaultValue::Expr { expr, path, mut since }))
            if since.iter().any(|it| it.column == from) =>
        {
            rename_since(&mut since, from, to);
            Definition::Default(Some(catalog::DefaultValue::Expr { expr, path, since }))
        }
        Definition::Sequence { build, owned_by: Some((table, column)), temporary } if column == from => {
            Definition::Sequence { build, owned_by: Some((table, to.to_owned())), temporary }
        }
        Definition::Column(mut column) => match &mut column.generated {
            Some(generated) if generated.expr.columns.iter().any(|name| name == from) => {
                let Some(expr) = generated.expr.rename_column(from, to) else { return Renamed::Unknown };
                generated.expr = expr;
                Definition::Column(column)
            }
            _ => return Renamed::Untouched,
        },
        Definition::Trigger { build, path } if build.mentions(from) => match build.rename_column(from, to) {
            Some(build) => Definition::Trigger { build, path },
            None => return Renamed::Unknown,
        },
        Definition::Policy { build, path } if build.mentions(from) => match build.rename_column(from, to) {
            Some(build) => Definition::Policy { build, path },
            None => return Renamed::Unknown,
        },
        Definition::Statistics { table, build, path } if build.mentions(from) => match build.rename_column(from, to) {
            Some(build) => Definition::Statistics { table, build, path },
            None => return Renamed::Unknown,
        },
        _ => return Renamed::Untouched,
    };
    Renamed::To(Box::new(renamed))
}

/// The definition as it is when a relation that it points to has another name; none where it points elsewhere.
pub(super) fn pointing(definition: &Definition, from: &QualifiedName, to: &QualifiedName) -> Option<Definition> {
    match definition {
        Definition::Constraint(constraint) => {
            let catalog::ConstraintKind::Foreign(foreign) = &constraint.kind else { return None };
            if foreign.target != *from {
                return None;
            }
            let foreign = catalog::ForeignKey { target: to.clone(), ..(**foreign).clone() };
            let kind = catalog::ConstraintKind::Foreign(foreign.into());
            Some(Definition::Constraint(catalog::Constraint { kind, ..constraint.clone() }))
        }
        Definition::Default(Some(catalog::DefaultValue::Next(sequence))) if sequence == from => {
            Some(Definition::Default(Some(catalog::DefaultValue::Next(to.clone()))))
        }
        Definition::Table(table) => {
            let mut table = table.clone();
            let mut touched = false;
            for parent in table.inherits.iter_mut().filter(|parent| *parent == from) {
                parent.clone_from(to);
                touched = true;
            }
            if let Some((parent, _)) = table.partition_of.as_mut().filter(|(parent, _)| parent == from) {
                parent.clone_from(to);
                touched = true;
            }
            touched.then_some(Definition::Table(table))
        }
        Definition::Publication { tables: Some(tables) } if tables.contains(from) => {
            let mut tables = tables.clone();
            tables.iter_mut().filter(|table| *table == from).for_each(|table| table.clone_from(to));
            Some(Definition::Publication { tables: Some(tables) })
        }
        _ => None,
    }
}
