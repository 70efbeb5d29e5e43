//! Statements that are independent of the comments on objects.

use super::{Act, ConstraintKind, Effect, TableAct};

impl Effect {
    /// True if the statement neither sets a comment nor moves, copies or drops an object that may have one: comments do not
    /// influence its verdict.
    pub fn leaves_comments(&self) -> bool {
        match self {
            Self::Changes(changes) => changes.iter().all(|change| change.act.leaves_comments()),
            Self::Setting(_) | Self::Repeatable => true,
            Self::Data(_) | Self::Opaque(_) | Self::Unjudged(_) => false,
        }
    }
}

impl Act {
    fn leaves_comments(&self) -> bool {
        match self {
            Self::CreateSchema { .. }
            | Self::CreateRole { .. }
            | Self::CreateIndex(_)
            | Self::CreateSequence { .. }
            | Self::CreateEnum { .. }
            | Self::AddLabel { .. }
            | Self::CreateTrigger(_)
            | Self::CreatePolicy { .. } => true,
            Self::CreateTable(new) => new.likes.is_empty() && new.inherits.is_empty() && new.partition_of.is_none(),
            Self::AlterTable { act, .. } => act.leaves_comments(),
            Self::CreateExtension { .. }
            | Self::UpdateExtension { .. }
            | Self::CreateTableAs(_)
            | Self::CreateView(_)
            | Self::AlterSequence { .. }
            | Self::RenameLabel { .. }
            | Self::CreateComposite { .. }
            | Self::AlterComposite { .. }
            | Self::CreateDomain(_)
            | Self::AlterDomain { .. }
            | Self::CreateRange { .. }
            | Self::CreateCollation { .. }
            | Self::CreateFunction(_)
            | Self::AlterFunction { .. }
            | Self::CreateEventTrigger { .. }
            | Self::AlterPolicy { .. }
            | Self::CreateRule { .. }
            | Self::CreateStatistics { .. }
            | Self::CreatePublication { .. }
            | Self::AlterPublication { .. }
            | Self::Rename { .. }
            | Self::SetSchema { .. }
            | Self::Owner { .. }
            | Self::Comment { .. }
            | Self::Grant { .. }
            | Self::GrantRole { .. }
            | Self::Drop { .. } => false,
        }
    }
}

impl TableAct {
    fn leaves_comments(&self) -> bool {
        match self {
            Self::AddColumn { .. }
            | Self::SetDefault { .. }
            | Self::DropDefault { .. }
            | Self::SetNotNull { .. }
            | Self::DropNotNull { .. }
            | Self::ValidateConstraint { .. } => true,
            Self::AddConstraint(new) => match &new.kind {
                ConstraintKind::Check { .. } | ConstraintKind::Foreign(_) => true,
                ConstraintKind::Unique { using_index, .. } => using_index.is_none(),
                ConstraintKind::Exclude { .. } | ConstraintKind::NotNull { .. } => false,
            },
            Self::DropColumn { .. }
            | Self::SetType { .. }
            | Self::SetExpression { .. }
            | Self::DropExpression { .. }
            | Self::AddIdentity { .. }
            | Self::SetIdentity { .. }
            | Self::RestartIdentity { .. }
            | Self::DropIdentity { .. }
            | Self::SetColumnProperty { .. }
            | Self::DropConstraint { .. }
            | Self::AlterConstraint { .. }
            | Self::RowSecurity(_)
            | Self::ForceRowSecurity(_)
            | Self::EnableTrigger { .. }
            | Self::Owner(_)
            | Self::SetLogged(_)
            | Self::ReplicaIdentity(_)
            | Self::ClusterOn(_)
            | Self::SetOptions(_)
            | Self::AttachPartition { .. }
            | Self::DetachPartition { .. }
            | Self::Inherit { .. }
            | Self::SetTablespace
            | Self::SetAccessMethod
            | Self::Other(_) => false,
        }
    }
}
