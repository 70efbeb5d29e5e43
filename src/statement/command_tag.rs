//! The kind and the command tag of a statement, from its node.

use super::kind::Kind::{self, Data, Definition, Maintenance, Opaque, Query, Session, Transaction};
use super::object_words::words;
use crate::sql::nodes::{is_on, option};
use crate::sql::parse::{Node, tree};
use crate::sql::walk::Contents;

/// The kind and the tag of a statement. `contents` is the result of a walk through a statement that reads.
pub(super) fn nature(node: &Node, contents: &Contents) -> (Kind, String) {
    if let Some((kind, tag)) = work(node, contents) {
        return (kind, tag.to_owned());
    }
    (Definition, creation(node).or_else(|| alteration(node)).unwrap_or_else(|| "UNKNOWN".to_owned()))
}

/// True if only a walk tells the statement's kind.
pub(super) fn reads(node: &Node) -> bool {
    matches!(node, Node::SelectStmt(_) | Node::DeclareCursorStmt(_) | Node::ExplainStmt(_))
}

/// Every statement that is not a definition.
fn work(node: &Node, contents: &Contents) -> Option<(Kind, &'static str)> {
    Some(match node {
        Node::SelectStmt(s) if s.into_clause.is_some() => (Definition, "SELECT INTO"),
        Node::SelectStmt(_) => (reading(contents), "SELECT"),
        Node::ExplainStmt(s) => (explained(s, contents), "EXPLAIN"),
        Node::DeclareCursorStmt(_) => (reading(contents), "DECLARE CURSOR"),
        Node::VariableShowStmt(_) => (Query, "SHOW"),
        Node::FetchStmt(s) => (Query, if s.ismove { "MOVE" } else { "FETCH" }),
        Node::InsertStmt(_) => (Data, "INSERT"),
        Node::UpdateStmt(_) => (Data, "UPDATE"),
        Node::DeleteStmt(_) => (Data, "DELETE"),
        Node::MergeStmt(_) => (Data, "MERGE"),
        Node::TruncateStmt(_) => (Data, "TRUNCATE TABLE"),
        Node::CopyStmt(_) => (Data, "COPY"),
        Node::DoStmt(_) => (Opaque, "DO"),
        Node::CallStmt(_) => (Opaque, "CALL"),
        Node::ExecuteStmt(_) => (Opaque, "EXECUTE"),
        Node::VariableSetStmt(s) => (Session, if resets(s) { "RESET" } else { "SET" }),
        Node::ConstraintsSetStmt(_) => (Session, "SET CONSTRAINTS"),
        Node::ListenStmt(_) => (Session, "LISTEN"),
        Node::UnlistenStmt(_) => (Session, "UNLISTEN"),
        Node::DiscardStmt(_) => (Session, "DISCARD"),
        Node::LoadStmt(_) => (Session, "LOAD"),
        Node::PrepareStmt(_) => (Session, "PREPARE"),
        Node::DeallocateStmt(_) => (Session, "DEALLOCATE"),
        Node::ClosePortalStmt(_) => (Session, "CLOSE CURSOR"),
        Node::RefreshMatViewStmt(_) => (Maintenance, "REFRESH MATERIALIZED VIEW"),
        Node::ReindexStmt(_) => (Maintenance, "REINDEX"),
        Node::VacuumStmt(s) => (Maintenance, if s.is_vacuumcmd { "VACUUM" } else { "ANALYZE" }),
        Node::ClusterStmt(_) => (Maintenance, "CLUSTER"),
        Node::LockStmt(_) => (Maintenance, "LOCK TABLE"),
        Node::NotifyStmt(_) => (Maintenance, "NOTIFY"),
        Node::CheckPointStmt(_) => (Maintenance, "CHECKPOINT"),
        Node::TransactionStmt(s) => (Transaction, transaction_tag(s)),
        _ => return None,
    })
}

fn reading(contents: &Contents) -> Kind {
    let settings = |name: &str| matches!(name, "set_config" | "current_setting");
    if contents.writes {
        Data
    } else if contents.calls.is_empty() {
        Query
    } else if contents.calls.iter().all(|call| settings(&call.name))
        && contents.calls.iter().any(|call| call.name == "set_config")
    {
        Session
    } else {
        Opaque
    }
}

/// Without ANALYZE nothing is run.
fn explained(s: &tree::ExplainStmt, contents: &Contents) -> Kind {
    let creates = matches!(s.query.as_deref().and_then(|q| q.node.as_ref()), Some(Node::CreateTableAsStmt(_)));
    match is_on(option(&s.options, "analyze")) {
        false => Query,
        true if creates => Definition,
        true => reading(contents),
    }
}

fn resets(s: &tree::VariableSetStmt) -> bool {
    matches!(s.kind(), tree::VariableSetKind::VarReset | tree::VariableSetKind::VarResetAll)
}

/// The command as people write it.
pub(super) fn transaction_tag(s: &tree::TransactionStmt) -> &'static str {
    use tree::TransactionStmtKind as Command;
    match s.kind() {
        Command::TransStmtBegin => "BEGIN",
        Command::TransStmtStart => "START TRANSACTION",
        Command::TransStmtCommit => "COMMIT",
        Command::TransStmtRollback | Command::Undefined => "ROLLBACK",
        Command::TransStmtSavepoint => "SAVEPOINT",
        Command::TransStmtRelease => "RELEASE",
        Command::TransStmtRollbackTo => "ROLLBACK TO SAVEPOINT",
        Command::TransStmtPrepare => "PREPARE TRANSACTION",
        Command::TransStmtCommitPrepared => "COMMIT PREPARED",
        Command::TransStmtRollbackPrepared => "ROLLBACK PREPARED",
    }
}

fn concurrently(tag: &str, concurrent: bool) -> String {
    if concurrent { format!("{tag} CONCURRENTLY") } else { tag.to_owned() }
}

fn creation(node: &Node) -> Option<String> {
    let what = match node {
        Node::IndexStmt(s) => return Some(concurrently("CREATE INDEX", s.concurrent)),
        Node::DefineStmt(s) => words(s.kind),
        Node::CreateTableAsStmt(s) if s.objtype() == tree::ObjectType::ObjectMatview => "MATERIALIZED VIEW",
        Node::CreateTableAsStmt(_) => "TABLE AS",
        Node::CreateFunctionStmt(s) => {
            if s.is_procedure {
                "PROCEDURE"
            } else {
                "FUNCTION"
            }
        }
        Node::CompositeTypeStmt(_) | Node::CreateEnumStmt(_) | Node::CreateRangeStmt(_) => "TYPE",
        Node::CreateStmt(_) => "TABLE",
        Node::CreateSchemaStmt(_) => "SCHEMA",
        Node::CreateTableSpaceStmt(_) => "TABLESPACE",
        Node::CreateExtensionStmt(_) => "EXTENSION",
        Node::CreateFdwStmt(_) => "FOREIGN DATA WRAPPER",
        Node::CreateForeignServerStmt(_) => "SERVER",
        Node::CreateForeignTableStmt(_) => "FOREIGN TABLE",
        Node::CreateUserMappingStmt(_) => "USER MAPPING",
        Node::CreatePolicyStmt(_) => "POLICY",
        Node::CreateAmStmt(_) => "ACCESS METHOD",
        Node::CreateTrigStmt(_) => "TRIGGER",
        Node::CreateEventTrigStmt(_) => "EVENT TRIGGER",
        Node::CreatePlangStmt(_) => "LANGUAGE",
        Node::CreateRoleStmt(_) => "ROLE",
        Node::CreateSeqStmt(_) => "SEQUENCE",
        Node::CreateDomainStmt(_) => "DOMAIN",
        Node::CreateOpClassStmt(_) => "OPERATOR CLASS",
        Node::CreateOpFamilyStmt(_) => "OPERATOR FAMILY",
        Node::CreateStatsStmt(_) => "STATISTICS",
        Node::RuleStmt(_) => "RULE",
        Node::ViewStmt(_) => "VIEW",
        Node::CreatedbStmt(_) => "DATABASE",
        Node::CreateConversionStmt(_) => "CONVERSION",
        Node::CreateCastStmt(_) => "CAST",
        Node::CreateTransformStmt(_) => "TRANSFORM",
        Node::CreatePublicationStmt(_) => "PUBLICATION",
        Node::CreateSubscriptionStmt(_) => "SUBSCRIPTION",
        _ => return None,
    };
    Some(format!("CREATE {what}"))
}

/// ALTER, DROP and the statements with a verb of their own.
fn alteration(node: &Node) -> Option<String> {
    let alter = |what: &str| Some(format!("ALTER {what}"));
    let fixed = |tag: &str| Some(tag.to_owned());
    match node {
        Node::DropStmt(s) => Some(concurrently(&format!("DROP {}", words(s.remove_type)), s.concurrent)),
        Node::AlterTableStmt(s) => alter(words(s.objtype)),
        Node::RenameStmt(s) => alter(words(renamed(s))),
        Node::AlterObjectSchemaStmt(s) => alter(words(s.object_type)),
        Node::AlterOwnerStmt(s) => alter(words(s.object_type)),
        Node::AlterObjectDependsStmt(s) => alter(words(s.object_type)),
        Node::AlterTableMoveAllStmt(s) => alter(words(s.objtype)),
        Node::AlterFunctionStmt(s) => alter(words(s.objtype)),
        Node::AlterExtensionStmt(_) | Node::AlterExtensionContentsStmt(_) => alter("EXTENSION"),
        Node::AlterDatabaseStmt(_) | Node::AlterDatabaseRefreshCollStmt(_) | Node::AlterDatabaseSetStmt(_) => {
            alter("DATABASE")
        }
        Node::AlterRoleStmt(_) | Node::AlterRoleSetStmt(_) => alter("ROLE"),
        Node::AlterEnumStmt(_) | Node::AlterTypeStmt(_) => alter("TYPE"),
        Node::AlterCollationStmt(_) => alter("COLLATION"),
        Node::AlterDomainStmt(_) => alter("DOMAIN"),
        Node::AlterDefaultPrivilegesStmt(_) => alter("DEFAULT PRIVILEGES"),
        Node::AlterTableSpaceOptionsStmt(_) => alter("TABLESPACE"),
        Node::AlterFdwStmt(_) => alter("FOREIGN DATA WRAPPER"),
        Node::AlterForeignServerStmt(_) => alter("SERVER"),
        Node::AlterUserMappingStmt(_) => alter("USER MAPPING"),
        Node::AlterPolicyStmt(_) => alter("POLICY"),
        Node::AlterEventTrigStmt(_) => alter("EVENT TRIGGER"),
        Node::AlterSeqStmt(_) => alter("SEQUENCE"),
        Node::AlterOpFamilyStmt(_) => alter("OPERATOR FAMILY"),
        Node::AlterOperatorStmt(_) => alter("OPERATOR"),
        Node::AlterStatsStmt(_) => alter("STATISTICS"),
        Node::AlterSystemStmt(_) => alter("SYSTEM"),
        Node::AlterTsdictionaryStmt(_) => alter("TEXT SEARCH DICTIONARY"),
        Node::AlterTsconfigurationStmt(_) => alter("TEXT SEARCH CONFIGURATION"),
        Node::AlterPublicationStmt(_) => alter("PUBLICATION"),
        Node::AlterSubscriptionStmt(_) => alter("SUBSCRIPTION"),
        Node::DropTableSpaceStmt(_) => fixed("DROP TABLESPACE"),
        Node::DropUserMappingStmt(_) => fixed("DROP USER MAPPING"),
        Node::DropRoleStmt(_) => fixed("DROP ROLE"),
        Node::DropdbStmt(_) => fixed("DROP DATABASE"),
        Node::DropSubscriptionStmt(_) => fixed("DROP SUBSCRIPTION"),
        Node::DropOwnedStmt(_) => fixed("DROP OWNED"),
        Node::ReassignOwnedStmt(_) => fixed("REASSIGN OWNED"),
        Node::ImportForeignSchemaStmt(_) => fixed("IMPORT FOREIGN SCHEMA"),
        Node::CommentStmt(_) => fixed("COMMENT"),
        Node::SecLabelStmt(_) => fixed("SECURITY LABEL"),
        Node::GrantStmt(s) => fixed(if s.is_grant { "GRANT" } else { "REVOKE" }),
        Node::GrantRoleStmt(s) => fixed(if s.is_grant { "GRANT ROLE" } else { "REVOKE ROLE" }),
        _ => None,
    }
}

/// The object that an ALTER … RENAME names after ALTER: of a column or attribute, the relation.
fn renamed(s: &tree::RenameStmt) -> i32 {
    match s.rename_type() {
        tree::ObjectType::ObjectColumn | tree::ObjectType::ObjectAttribute => s.relation_type,
        _ => s.rename_type,
    }
}
