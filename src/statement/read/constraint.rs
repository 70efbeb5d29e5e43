//! Constraints, of a table, of a column, of a domain.

use crate::sql::nodes::{
    expression, first_letter, inner, listed, named, not_empty, string, strings, target, template, wrap,
};
use crate::sql::parse::{Node, tree};
use crate::sql::{Expr, Named, Template, nodes};
use crate::statement::change::{ConstraintKind, ForeignKey, Generated, NewColumn, NewConstraint};
use tree::ConstrType as Type;

/// A constraint of a table, or of its column `column`; none if the catalog has no such constraint.
pub(super) fn constraint(constraint: &tree::Constraint, column: Option<&str>) -> Option<NewConstraint> {
    let mut whole = constraint.clone();
    if let Some(column) = column {
        write_out(&mut whole, column);
    }
    Some(NewConstraint {
        name: not_empty(&whole.conname),
        kind: kind(&whole)?,
        deferrable: whole.deferrable,
        initially_deferred: whole.initdeferred,
        not_valid: whole.skip_validation,
        build: build(whole)?,
    })
}

/// Writes out the column that a column constraint implies.
fn write_out(constraint: &mut tree::Constraint, column: &str) {
    let place = match constraint.contype() {
        Type::ConstrPrimary | Type::ConstrUnique | Type::ConstrNotnull => &mut constraint.keys,
        Type::ConstrForeign => &mut constraint.fk_attrs,
        _ => return,
    };
    if place.is_empty() {
        place.push(string(column));
    }
}

fn kind(constraint: &tree::Constraint) -> Option<ConstraintKind> {
    Some(match constraint.contype() {
        Type::ConstrCheck => ConstraintKind::Check {
            expr: expression(constraint.raw_expr.as_deref()?)?,
            no_inherit: constraint.is_no_inherit,
        },
        Type::ConstrPrimary | Type::ConstrUnique => ConstraintKind::Unique {
            primary: constraint.contype() == Type::ConstrPrimary,
            columns: strings(&constraint.keys),
            include: strings(&constraint.including),
            nulls_not_distinct: constraint.nulls_not_distinct,
            using_index: not_empty(&constraint.indexname),
        },
        Type::ConstrForeign => ConstraintKind::Foreign(foreign_key(constraint)?),
        Type::ConstrExclusion => ConstraintKind::Exclude {
            elements: constraint.exclusions.iter().map(excluded).collect(),
            method: not_empty(&constraint.access_method).unwrap_or_else(|| "gist".to_owned()),
        },
        Type::ConstrNotnull => ConstraintKind::NotNull { column: strings(&constraint.keys).pop()? },
        _ => return None,
    })
}

fn foreign_key(constraint: &tree::Constraint) -> Option<ForeignKey> {
    Some(ForeignKey {
        columns: strings(&constraint.fk_attrs),
        target: named(constraint.pktable.as_ref()?),
        target_columns: strings(&constraint.pk_attrs),
        matching: first_letter(&constraint.fk_matchtype).unwrap_or('s'),
        on_update: first_letter(&constraint.fk_upd_action).unwrap_or('a'),
        on_delete: first_letter(&constraint.fk_del_action).unwrap_or('a'),
        delete_columns: strings(&constraint.fk_del_set_cols),
    })
}

fn excluded(element: &tree::Node) -> String {
    let Some(Node::List(pair)) = &element.node else { return "expr".to_owned() };
    match pair.items.first().and_then(|element| element.node.as_ref()) {
        Some(Node::IndexElem(element)) => super::index::label(element),
        _ => "expr".to_owned(),
    }
}

/// The constraint as a separate ALTER TABLE.
fn build(mut constraint: tree::Constraint) -> Option<Template> {
    constraint.conname = Template::NAME.to_owned();
    constraint.skip_validation = false;
    constraint.initially_valid = true;
    let add = tree::AlterTableCmd {
        subtype: tree::AlterTableType::AtAddConstraint.into(),
        def: Some(Box::new(wrap(Node::Constraint(Box::new(constraint))))),
        behavior: tree::DropBehavior::DropRestrict.into(),
        ..tree::AlterTableCmd::default()
    };
    template(Node::AlterTableStmt(tree::AlterTableStmt {
        relation: Some(target()),
        cmds: vec![wrap(Node::AlterTableCmd(Box::new(add)))],
        objtype: tree::ObjectType::ObjectTable.into(),
        missing_ok: false,
    }))
}

/// A column with all its clauses.
pub(super) fn column(definition: &tree::ColumnDef) -> Option<NewColumn> {
    let mut column = NewColumn {
        name: definition.colname.clone(),
        type_: nodes::type_name(definition.type_name.as_ref()?)?,
        collation: definition.coll_clause.as_ref().and_then(|clause| listed(&clause.collname)),
        not_null: definition.is_not_null,
        default: definition.raw_default.as_deref().and_then(expression).map(Box::new),
        identity: None,
        generated: None,
        constraints: Vec::new(),
    };
    let constraints = gathered(&definition.constraints);
    for one in &constraints {
        take(&mut column, one)?;
    }
    in_server_order(&mut column.constraints);
    merge_keys(&mut column.constraints);
    Some(column)
}

/// The constraints of a column, each with the DEFERRABLE and INITIALLY that follow it.
fn gathered(list: &[tree::Node]) -> Vec<tree::Constraint> {
    let mut all: Vec<tree::Constraint> = Vec::new();
    for node in list {
        let Some(Node::Constraint(one)) = &node.node else { continue };
        match (one.contype(), all.last_mut()) {
            (Type::ConstrAttrDeferrable, Some(last)) => last.deferrable = true,
            (Type::ConstrAttrDeferred, Some(last)) => {
                last.deferrable = true;
                last.initdeferred = true;
            }
            (Type::ConstrAttrNotDeferrable, Some(last)) => last.deferrable = false,
            (Type::ConstrAttrImmediate, Some(last)) => last.initdeferred = false,
            (Type::ConstrAttrEnforced, Some(last)) => last.is_enforced = true,
            (Type::ConstrAttrNotEnforced, Some(last)) => {
                last.is_enforced = false;
                last.skip_validation = true;
            }
            _ => all.push(one.as_ref().clone()),
        }
    }
    all
}

fn take(column: &mut NewColumn, one: &tree::Constraint) -> Option<()> {
    match one.contype() {
        Type::ConstrNotnull => {
            column.not_null = true;
            if !one.conname.is_empty() {
                column.constraints.push(constraint(one, Some(&column.name))?);
            }
        }
        Type::ConstrDefault => column.default = Some(expression(one.raw_expr.as_deref()?)?.into()),
        Type::ConstrIdentity => column.identity = Some(super::sequence::identity(one)?.into()),
        Type::ConstrGenerated => {
            let expr = expression(one.raw_expr.as_deref()?)?;
            column.generated = Some(Generated { expr, stored: one.generated_kind != "v" }.into());
        }
        Type::ConstrNull => {}
        _ => column.constraints.push(constraint(one, Some(&column.name))?),
    }
    Some(())
}

/// Sorts constraints as the server creates them: checks, keys with the primary key first, foreign keys.
pub(super) fn in_server_order(constraints: &mut [NewConstraint]) {
    constraints.sort_by_key(|one| match &one.kind {
        ConstraintKind::Check { .. } => 0,
        ConstraintKind::NotNull { .. } => 1,
        ConstraintKind::Unique { primary: true, .. } => 2,
        ConstraintKind::Unique { .. } | ConstraintKind::Exclude { .. } => 3,
        ConstraintKind::Foreign(_) => 4,
    });
}

/// Merges equal keys of one statement: the first stays, a primary key before others, and takes the name of a removed one
/// (PostgreSQL source: `transformIndexConstraints`).
pub(super) fn merge_keys(constraints: &mut Vec<NewConstraint>) {
    let mut kept: Vec<NewConstraint> = Vec::with_capacity(constraints.len());
    for one in constraints.drain(..) {
        match kept.iter_mut().find(|earlier| is_same_key(earlier, &one)) {
            Some(earlier) => earlier.name = earlier.name.take().or(one.name),
            None => kept.push(one),
        }
    }
    *constraints = kept;
}

fn is_same_key(one: &NewConstraint, other: &NewConstraint) -> bool {
    let is_same = match (&one.kind, &other.kind) {
        (
            ConstraintKind::Unique { columns: a, include: b, nulls_not_distinct: c, using_index: None, .. },
            ConstraintKind::Unique { columns: x, include: y, nulls_not_distinct: z, using_index: None, .. },
        ) => a == x && b == y && c == z,
        (ConstraintKind::Exclude { .. }, ConstraintKind::Exclude { .. }) => one.build == other.build,
        _ => false,
    };
    is_same && (one.deferrable, one.initially_deferred) == (other.deferrable, other.initially_deferred)
}

/// A domain's CHECK.
pub(super) fn domain_check(node: &Node) -> Option<(Option<String>, Expr, bool)> {
    let Node::Constraint(one) = node else { return None };
    Some((not_empty(&one.conname), expression(one.raw_expr.as_deref()?)?, one.skip_validation))
}

/// The collation of a column.
pub(super) fn collation(definition: &tree::ColumnDef) -> Option<Named> {
    definition.coll_clause.as_ref().and_then(|clause| listed(&clause.collname))
}

/// The constraint of ADD CONSTRAINT.
pub(super) fn added(def: &Option<Box<tree::Node>>) -> Option<NewConstraint> {
    match inner(def)? {
        Node::Constraint(one) => constraint(one, None),
        _ => None,
    }
}
