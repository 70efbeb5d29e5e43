//! The new definition of an object after a rename of something that it names.

use crate::catalog::{self, Conversion, Definition};
use crate::pg::name::QualifiedName;
use crate::sql::Template;

/// A template whose expressions may name their table, with the table's new name.
pub(super) fn with_table(build: &Template, from: &QualifiedName, to: &QualifiedName) -> Option<Template> {
    if build.mentions(&from.name) { build.rename_table(&from.name, &to.name) } else { Some(build.clone()) }
}

/// The definition of a table's part, under the table's new name.
pub(super) fn on_table(definition: &Definition, from: &QualifiedName, to: &QualifiedName) -> Option<Definition> {
    let text = |build: &Template| with_table(build, from, to).unwrap_or_else(|| build.clone());
    Some(match definition.clone() {
        Definition::Index(index) => {
            Definition::Index(catalog::Index { table: to.clone(), build: text(&index.build), ..index })
        }
        Definition::ConstraintIndex { .. } => Definition::ConstraintIndex { table: to.clone() },
        Definition::Sequence { build, owned_by: Some((_, column)), identity } => {
            Definition::Sequence { build, owned_by: Some((to.clone(), column)), identity }
        }
        Definition::Statistics { build, path, .. } => Definition::Statistics { table: to.clone(), build, path },
        Definition::Constraint(constraint) => {
            Definition::Constraint(catalog::Constraint { build: text(&constraint.build), ..constraint })
        }
        _ => return None,
    })
}

/// The definition of an object after the rename of a column that it may mention.
pub(super) enum Renamed {
    Untouched,
    To(Box<Definition>),
    /// The object follows the new name, but its new text is not stated.
    Otherwise(Box<Definition>),
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
    // The new text, if it can be computed.
    let text = |build: Template| build.rename_column(from, to).map_or((build, false), |build| (build, true));
    let (renamed, is_told) = match definition {
        Definition::Constraint(constraint) if has(&constraint.columns) || constraint.build.mentions(from) => {
            let (build, is_told) = text(constraint.build.clone());
            (Definition::Constraint(constraint_with(catalog::Constraint { build, ..constraint }, from, to)), is_told)
        }
        Definition::Index(mut index) if has(&index.columns) => {
            let (build, is_told) = text(index.build);
            index.build = build;
            rename_in(&mut index.columns, from, to);
            rename_since(&mut index.since, from, to);
            (Definition::Index(index), is_told)
        }
        Definition::Default(Some(catalog::DefaultValue::Expr { expr, path, mut since }))
            if since.iter().any(|it| it.column == from) =>
        {
            rename_since(&mut since, from, to);
            (Definition::Default(Some(catalog::DefaultValue::Expr { expr, path, since })), true)
        }
        Definition::Sequence { build, owned_by: Some((table, column)), identity } if column == from => {
            (Definition::Sequence { build, owned_by: Some((table, to.to_owned())), identity }, true)
        }
        Definition::Column(mut column) => match &mut column.generated {
            Some(generated) if generated.expr.columns.iter().any(|name| name == from) => {
                let renamed = generated.expr.rename_column(from, to);
                let is_told = renamed.is_some();
                if let Some(expr) = renamed {
                    generated.expr = expr;
                }
                (Definition::Column(column), is_told)
            }
            _ => return Renamed::Untouched,
        },
        Definition::Published(mut published) => {
            let renamed = published.filter.as_ref().map(|filter| with_column((**filter).clone(), from, to));
            let is_listed = published.columns.as_deref().is_some_and(has);
            if !is_listed && matches!(renamed, None | Some(Renamed::Untouched)) {
                return Renamed::Untouched;
            }
            published.columns.iter_mut().for_each(|columns| {
                rename_in(columns, from, to);
                columns.sort();
            });
            let is_told = !matches!(renamed, Some(Renamed::Otherwise(_)));
            if let Some(Renamed::To(filter) | Renamed::Otherwise(filter)) = renamed {
                published.filter = Some((*filter).into());
            }
            (Definition::Published(published), is_told)
        }
        Definition::Trigger { build, path } if build.mentions(from) => {
            let (build, is_told) = text(build);
            (Definition::Trigger { build, path }, is_told)
        }
        Definition::Policy { build, path } if build.mentions(from) => {
            let (build, is_told) = text(build);
            (Definition::Policy { build, path }, is_told)
        }
        Definition::Statistics { table, build, path } if build.mentions(from) => {
            let (build, is_told) = text(build);
            (Definition::Statistics { table, build, path }, is_told)
        }
        _ => return Renamed::Untouched,
    };
    let renamed = Box::new(renamed);
    if is_told { Renamed::To(renamed) } else { Renamed::Otherwise(renamed) }
}

/// A constraint with the new name in its lists of columns.
fn constraint_with(mut constraint: catalog::Constraint, from: &str, to: &str) -> catalog::Constraint {
    rename_in(&mut constraint.columns, from, to);
    rename_since(&mut constraint.since, from, to);
    match &mut constraint.kind {
        catalog::ConstraintKind::Unique { columns, include, .. }
        | catalog::ConstraintKind::Primary { columns, include } => {
            rename_in(columns, from, to);
            rename_in(include, from, to);
        }
        catalog::ConstraintKind::Foreign(foreign) => rename_in(&mut foreign.delete_columns, from, to),
        catalog::ConstraintKind::Check { .. }
        | catalog::ConstraintKind::Exclude { .. }
        | catalog::ConstraintKind::NotNull => {}
    }
    constraint
}

/// The definition after the rename of a relation that it references; none if it references others.
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
        _ => None,
    }
}
