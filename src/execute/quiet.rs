//! Revisions that leave the session unchanged: nothing has to be undone after them.

use crate::assess::Action;
use crate::plan::{Planned, Step};
use crate::sql;
use crate::statement::Statement;
use crate::statement::change::{Act, ConstraintKind, Effect, NewColumn, NewIndex, NewTable, TableAct};

/// True if a revision stores definitions and calls only built-in code: it cannot leave a setting, role, cursor, prepared
/// statement or temporary table. An event trigger is code that every definition calls, so this is valid only without one.
pub(super) fn is_quiet(planned: &Planned, text: &str) -> bool {
    planned.steps.iter().all(|Step { statement, verdict, .. }| match verdict.action() {
        Action::Nothing => true,
        Action::AsWritten => calls_nothing(statement, text),
        Action::Instead(_) => false,
    })
}

fn calls_nothing(statement: &Statement, text: &str) -> bool {
    let Effect::Changes(changes) = &statement.effect else { return false };
    changes.iter().all(|change| change.act.temporary().is_none() && is_plain(&change.act, statement.sql(text)))
}

fn is_plain(act: &Act, sql: &str) -> bool {
    match act {
        Act::CreateTable(new) => is_plain_table(new),
        Act::CreateIndex(new) => is_plain_index(new, sql),
        Act::AlterTable { act, .. } => is_plain_alter(act),
        Act::CreateSchema { .. }
        | Act::CreateRole { .. }
        | Act::CreateView(_)
        | Act::CreateSequence { .. }
        | Act::AlterSequence { .. }
        | Act::CreateEnum { .. }
        | Act::AddLabel { .. }
        | Act::RenameLabel { .. }
        | Act::CreateComposite { .. }
        | Act::CreateTrigger(_)
        | Act::CreatePolicy { .. }
        | Act::Rename { .. }
        | Act::SetSchema { .. }
        | Act::Owner { .. }
        | Act::Comment { .. }
        | Act::Grant { .. }
        | Act::GrantRole { .. }
        | Act::Drop { .. } => true,
        Act::CreateExtension { .. }
        | Act::UpdateExtension { .. }
        | Act::CreateTableAs(_)
        | Act::AlterComposite { .. }
        | Act::CreateDomain(_)
        | Act::AlterDomain { .. }
        | Act::CreateRange { .. }
        | Act::CreateCollation { .. }
        // A language checks a body with code of its own.
        | Act::CreateFunction(_)
        | Act::AlterFunction { .. }
        | Act::CreateEventTrigger { .. }
        | Act::AlterPolicy { .. }
        | Act::CreateRule { .. }
        | Act::CreateStatistics { .. }
        | Act::CreatePublication { .. }
        | Act::AlterPublication { .. } => false,
    }
}

/// True for a table whose definition runs no code: the server evaluates constants of a generated column, of a partition key and
/// of an index, and reads the rows of a default partition; defaults and checks are only stored.
fn is_plain_table(new: &NewTable) -> bool {
    new.partition_of.is_none()
        && new.partition_by.is_none()
        && new.likes.is_empty()
        && new.columns.iter().chain(&new.overrides).all(|column| column.generated.is_none())
        && new.constraints.iter().all(|one| !matches!(one.kind, ConstraintKind::Exclude { .. }))
}

fn is_plain_index(new: &NewIndex, sql: &str) -> bool {
    !new.concurrently && new.keys.iter().all(|key| key.column.is_some()) && !sql::holds(sql, "where")
}

fn is_plain_alter(act: &TableAct) -> bool {
    match act {
        TableAct::AddColumn { column, .. } => is_plain_column(column),
        TableAct::AddConstraint(new) => matches!(new.kind, ConstraintKind::Unique { .. }),
        TableAct::DropColumn { .. }
        | TableAct::SetDefault { .. }
        | TableAct::DropDefault { .. }
        | TableAct::SetNotNull { .. }
        | TableAct::DropNotNull { .. }
        | TableAct::DropExpression { .. }
        | TableAct::AddIdentity { .. }
        | TableAct::SetIdentity { .. }
        | TableAct::DropIdentity { .. }
        | TableAct::SetColumnProperty { .. }
        | TableAct::DropConstraint { .. }
        | TableAct::AlterConstraint { .. }
        | TableAct::RowSecurity(_)
        | TableAct::ForceRowSecurity(_)
        | TableAct::EnableTrigger { .. }
        | TableAct::Owner(_)
        | TableAct::ReplicaIdentity(_)
        | TableAct::ClusterOn(_)
        | TableAct::SetOptions(_) => true,
        TableAct::SetType { .. }
        | TableAct::SetExpression { .. }
        | TableAct::ValidateConstraint { .. }
        | TableAct::SetLogged(_)
        | TableAct::AttachPartition { .. }
        | TableAct::DetachPartition { .. }
        | TableAct::Inherit { .. }
        | TableAct::RestartIdentity { .. }
        | TableAct::SetTablespace
        | TableAct::SetAccessMethod
        | TableAct::Other(_) => false,
    }
}

/// True for a built-in type: a domain's checks would be evaluated for the rows.
fn is_plain_column(column: &NewColumn) -> bool {
    const OF_THE_SERVER: [&str; 7] = ["text", "uuid", "json", "jsonb", "date", "bytea", "inet"];
    let type_ = &column.type_;
    let is_of_server = match type_.schema.as_deref() {
        Some(schema) => schema == "pg_catalog",
        None => OF_THE_SERVER.contains(&type_.name.as_str()),
    };
    is_of_server
        && column.default.is_none()
        && column.generated.is_none()
        && column.identity.is_none()
        && column.constraints.is_empty()
}
