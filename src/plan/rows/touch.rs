//! The changes by a definition that a later question may notice.

use crate::statement::change::{Act, ConstraintKind, DomainAct, NewConstraint, Object, TableAct};

/// A change, as far as a question about rows notices it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touch {
    Nothing,
    /// A table without a row.
    MakesTable(String),
    /// A column of NULLs, or of its default.
    MakesColumn {
        table: String,
        column: String,
        is_null: bool,
    },
    /// Any other named object.
    Makes(String),
    /// An object of one of these names is another by then.
    Changes(Vec<String>),
    /// A type accepts other values than before.
    ChangesType(String),
    /// A constraint of a table or a domain is dropped.
    Drops {
        table: String,
        constraint: String,
    },
    Functions,
    Everything,
}

impl Touch {
    pub fn of(act: &Act) -> Self {
        match act {
            Act::CreateTable(new) => Self::MakesTable(new.name.name.clone()),
            Act::CreateTableAs(new) => Self::Makes(new.name.name.clone()),
            Act::CreateView(new) => Self::Makes(new.name.name.clone()),
            Act::CreateDomain(new) => Self::Makes(new.name.name.clone()),
            Act::CreateEnum { name, .. }
            | Act::CreateComposite { name, .. }
            | Act::CreateRange { name, .. }
            | Act::CreateCollation { name, .. } => Self::Makes(name.name.clone()),
            Act::AddLabel { name, .. } => Self::ChangesType(name.name.clone()),
            Act::AlterDomain { name, act: DomainAct::DropConstraint { name: constraint, .. }, .. } => {
                Self::Drops { table: name.name.clone(), constraint: constraint.clone() }
            }
            Act::AlterDomain { name, .. } => Self::ChangesType(name.name.clone()),
            Act::CreateExtension { .. }
            | Act::UpdateExtension { .. }
            | Act::CreateFunction(_)
            | Act::AlterFunction { .. } => Self::Functions,
            Act::RenameLabel { .. } | Act::AlterComposite { .. } | Act::CreateEventTrigger { .. } => Self::Everything,
            Act::AlterTable { table, act, .. } => of_table(&table.name, act),
            Act::Rename { object, to, .. } => of_object(object, Some(to)),
            Act::SetSchema { object, .. } | Act::Drop { object, .. } => of_object(object, None),
            Act::CreateSchema { .. }
            | Act::CreateRole { .. }
            | Act::CreateIndex(_)
            | Act::CreateSequence { .. }
            | Act::AlterSequence { .. }
            | Act::CreateTrigger(_)
            | Act::CreatePolicy { .. }
            | Act::AlterPolicy { .. }
            | Act::CreateRule { .. }
            | Act::CreateStatistics { .. }
            | Act::CreatePublication { .. }
            | Act::AlterPublication { .. }
            | Act::Owner { .. }
            | Act::Comment { .. }
            | Act::Grant { .. }
            | Act::GrantRole { .. } => Self::Nothing,
        }
    }
}

fn of_table(table: &str, act: &TableAct) -> Touch {
    match act {
        TableAct::AddColumn { column, .. } => Touch::MakesColumn {
            table: table.to_owned(),
            column: column.name.clone(),
            is_null: column.default.is_none() && column.identity.is_none() && column.generated.is_none(),
        },
        TableAct::DropColumn { column, .. }
        | TableAct::SetType { column, .. }
        | TableAct::SetExpression { column, .. } => Touch::Changes(vec![column.clone()]),
        TableAct::DropConstraint { name, .. } => Touch::Drops { table: table.to_owned(), constraint: name.clone() },
        TableAct::AttachPartition { .. }
        | TableAct::DetachPartition { .. }
        | TableAct::Inherit { .. }
        | TableAct::RestartIdentity { .. }
        | TableAct::SetTablespace
        | TableAct::SetAccessMethod
        | TableAct::Other(_) => Touch::Everything,
        TableAct::SetDefault { .. }
        | TableAct::DropDefault { .. }
        | TableAct::SetNotNull { .. }
        | TableAct::DropNotNull { .. }
        | TableAct::DropExpression { .. }
        | TableAct::AddIdentity { .. }
        | TableAct::SetIdentity { .. }
        | TableAct::DropIdentity { .. }
        | TableAct::SetColumnProperty { .. }
        | TableAct::AddConstraint(_)
        | TableAct::ValidateConstraint { .. }
        | TableAct::AlterConstraint { .. }
        | TableAct::RowSecurity(_)
        | TableAct::ForceRowSecurity(_)
        | TableAct::EnableTrigger { .. }
        | TableAct::Owner(_)
        | TableAct::SetLogged(_)
        | TableAct::ReplicaIdentity(_)
        | TableAct::ClusterOn(_)
        | TableAct::SetOptions(_) => Touch::Nothing,
    }
}

/// The change by a drop, a rename or a move.
fn of_object(object: &Object, to: Option<&String>) -> Touch {
    let changes = |name: &String| Touch::Changes([name].into_iter().chain(to).cloned().collect());
    match object {
        Object::Relation { name, .. } | Object::Type(name) | Object::Domain(name) | Object::Collation(name) => {
            changes(&name.name)
        }
        Object::Column { column, .. } => changes(column),
        Object::Constraint { name, .. } | Object::DomainConstraint { name, .. } => changes(name),
        Object::Function { .. } => Touch::Functions,
        Object::Schema(_)
        | Object::Extension(_)
        | Object::EventTrigger(_)
        | Object::Attribute { .. }
        | Object::Other(_) => Touch::Everything,
        Object::Role(_)
        | Object::Publication(_)
        | Object::Trigger { .. }
        | Object::Policy { .. }
        | Object::Rule { .. }
        | Object::Statistics(_) => Touch::Nothing,
    }
}

/// True if a later change of one table's rows may change those of another because of this.
pub fn spreads(act: &Act) -> bool {
    let is_acting = |constraint: &NewConstraint| match &constraint.kind {
        ConstraintKind::Foreign(key) => {
            [key.on_update, key.on_delete].iter().any(|action| matches!(action, 'c' | 'n' | 'd'))
        }
        ConstraintKind::Check { .. }
        | ConstraintKind::Unique { .. }
        | ConstraintKind::Exclude { .. }
        | ConstraintKind::NotNull { .. } => false,
    };
    match act {
        Act::CreateTrigger(_) | Act::CreateRule { .. } | Act::CreateView(_) => true,
        Act::CreateTable(new) => {
            new.constraints.iter().any(is_acting) || new.partition_of.is_some() || !new.inherits.is_empty()
        }
        Act::AlterTable { act: TableAct::AddConstraint(constraint), .. } => is_acting(constraint),
        Act::AlterTable { act: TableAct::AddColumn { column, .. }, .. } => column.constraints.iter().any(is_acting),
        Act::AlterTable { act: TableAct::AttachPartition { .. } | TableAct::Inherit { .. }, .. } => true,
        _ => false,
    }
}
