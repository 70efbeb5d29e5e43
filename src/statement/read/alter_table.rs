//! ALTER TABLE and its variants, one subcommand at a time.

use super::constraint::{added, collation, column};
use super::reads_as;
use crate::sql::nodes::{
    cascades, constant, expression, expression_sql, first_letter, inner, named, not_empty, option_name, role,
    type_name, value_text, wrap,
};
use crate::sql::parse::{Node, deparse, tree};
use crate::statement::change::{
    Act, Attribute, AttributeAct, Change, Effect, RelationKind, ReplicaIdentity, TableAct, TriggerName,
};
use tree::AlterTableType as Sub;

pub(super) fn alter_table(s: &tree::AlterTableStmt) -> Option<Effect> {
    let commands: Vec<&tree::AlterTableCmd> = s.cmds.iter().filter_map(command).collect();
    let change = |one: &&tree::AlterTableCmd| {
        let act = act(s, one)?;
        let alone = if commands.len() > 1 { Some(alone(s, one, &act)?) } else { None };
        Some(Change { act, alone, guarded: false })
    };
    Some(Effect::Changes(commands.iter().map(change).collect::<Option<_>>()?))
}

fn command(node: &tree::Node) -> Option<&tree::AlterTableCmd> {
    match &node.node {
        Some(Node::AlterTableCmd(command)) => Some(command),
        _ => None,
    }
}

/// The statement with one subcommand, provided that it reads as the same change: it will be run.
fn alone(s: &tree::AlterTableStmt, one: &tree::AlterTableCmd, wanted: &Act) -> Option<String> {
    let mut command = one.clone();
    // The library writes COLLATE after USING, where it would belong to the expression.
    let using = match &mut command.def {
        Some(def) => match &mut def.node {
            Some(Node::ColumnDef(definition)) if one.subtype() == Sub::AtAlterColumnType => {
                definition.raw_default.take()
            }
            _ => None,
        },
        None => None,
    };
    let mut sql = deparse(Node::AlterTableStmt(tree::AlterTableStmt {
        relation: s.relation.clone(),
        cmds: vec![wrap(Node::AlterTableCmd(Box::new(command)))],
        objtype: s.objtype,
        missing_ok: s.missing_ok,
    }))?;
    if let Some(using) = using {
        sql.push_str(" USING ");
        sql.push_str(&expression_sql(&using)?);
    }
    reads_as(&sql, wanted).then_some(sql)
}

fn act(s: &tree::AlterTableStmt, one: &tree::AlterTableCmd) -> Option<Act> {
    use tree::ObjectType as Type;
    let table = named(s.relation.as_ref()?);
    let kind = match s.objtype() {
        Type::ObjectType => return Some(Act::AlterComposite { name: table, act: attribute(one)? }),
        Type::ObjectIndex => RelationKind::Index,
        Type::ObjectView => RelationKind::View,
        Type::ObjectMatview => RelationKind::MaterializedView,
        Type::ObjectSequence => RelationKind::Sequence,
        Type::ObjectForeignTable => RelationKind::ForeignTable,
        _ => RelationKind::Table,
    };
    let only = s.relation.as_ref().is_some_and(|relation| !relation.inh);
    Some(Act::AlterTable { kind, table, only, if_exists: s.missing_ok, act: table_act(one)? })
}

fn attribute(one: &tree::AlterTableCmd) -> Option<AttributeAct> {
    let of = |name: &str| {
        let definition = definition(one)?;
        Some(Attribute { name: name.to_owned(), type_: type_name(definition.type_name.as_ref()?)? })
    };
    Some(match one.subtype() {
        Sub::AtAddColumn => AttributeAct::Add(of(&definition(one)?.colname)?),
        Sub::AtDropColumn => AttributeAct::Drop { name: one.name.clone(), if_exists: one.missing_ok },
        Sub::AtAlterColumnType => AttributeAct::SetType(of(&one.name)?),
        _ => return None,
    })
}

fn definition(one: &tree::AlterTableCmd) -> Option<&tree::ColumnDef> {
    match inner(&one.def)? {
        Node::ColumnDef(definition) => Some(definition),
        _ => None,
    }
}

fn table_act(one: &tree::AlterTableCmd) -> Option<TableAct> {
    if let Some(act) = switch(one) {
        return Some(act);
    }
    Some(match one.subtype() {
        Sub::AtAddColumn => {
            TableAct::AddColumn { column: Box::new(column(definition(one)?)?), if_not_exists: one.missing_ok }
        }
        Sub::AtAddConstraint => TableAct::AddConstraint(Box::new(added(&one.def)?)),
        Sub::AtAlterConstraint => altered_constraint(one)?,
        Sub::AtAlterColumnType
        | Sub::AtColumnDefault
        | Sub::AtDropNotNull
        | Sub::AtSetNotNull
        | Sub::AtSetExpression
        | Sub::AtDropExpression
        | Sub::AtDropColumn
        | Sub::AtAddIdentity
        | Sub::AtSetIdentity
        | Sub::AtDropIdentity => column_act(one)?,
        Sub::AtSetStatistics | Sub::AtSetStorage | Sub::AtSetCompression | Sub::AtSetOptions | Sub::AtResetOptions => {
            column_property(one)?
        }
        Sub::AtSetRelOptions => TableAct::SetOptions(relation_options(one, true)?),
        Sub::AtResetRelOptions => TableAct::SetOptions(relation_options(one, false)?),
        Sub::AtReplicaIdentity => replica_identity(one)?,
        Sub::AtClusterOn => TableAct::ClusterOn(Some(one.name.clone())),
        Sub::AtDropCluster => TableAct::ClusterOn(None),
        Sub::AtAttachPartition | Sub::AtDetachPartition | Sub::AtDetachPartitionFinalize => partition(one)?,
        Sub::AtAddInherit | Sub::AtDropInherit => match inner(&one.def)? {
            Node::RangeVar(parent) => {
                TableAct::Inherit { parent: named(parent), inherit: one.subtype() == Sub::AtAddInherit }
            }
            _ => return None,
        },
        Sub::AtSetTableSpace => TableAct::SetTablespace,
        Sub::AtSetAccessMethod => TableAct::SetAccessMethod,
        other => TableAct::Other(in_words(other, &one.name)),
    })
}

/// The subcommands with no argument but a name.
fn switch(one: &tree::AlterTableCmd) -> Option<TableAct> {
    let name = || one.name.clone();
    let trigger = |state| TableAct::EnableTrigger { name: TriggerName::One(name()), state };
    Some(match one.subtype() {
        Sub::AtDropConstraint => {
            TableAct::DropConstraint { name: name(), if_exists: one.missing_ok, cascade: cascades(one.behavior()) }
        }
        Sub::AtValidateConstraint => TableAct::ValidateConstraint { name: name() },
        Sub::AtEnableRowSecurity => TableAct::RowSecurity(true),
        Sub::AtDisableRowSecurity => TableAct::RowSecurity(false),
        Sub::AtForceRowSecurity => TableAct::ForceRowSecurity(true),
        Sub::AtNoForceRowSecurity => TableAct::ForceRowSecurity(false),
        Sub::AtEnableTrig => trigger('O'),
        Sub::AtDisableTrig => trigger('D'),
        Sub::AtEnableReplicaTrig => trigger('R'),
        Sub::AtEnableAlwaysTrig => trigger('A'),
        Sub::AtEnableTrigAll => TableAct::EnableTrigger { name: TriggerName::All, state: 'O' },
        Sub::AtDisableTrigAll => TableAct::EnableTrigger { name: TriggerName::All, state: 'D' },
        Sub::AtEnableTrigUser => TableAct::EnableTrigger { name: TriggerName::User, state: 'O' },
        Sub::AtDisableTrigUser => TableAct::EnableTrigger { name: TriggerName::User, state: 'D' },
        Sub::AtChangeOwner => TableAct::Owner(role(one.newowner.as_ref()?)),
        Sub::AtSetLogged => TableAct::SetLogged(true),
        Sub::AtSetUnLogged => TableAct::SetLogged(false),
        _ => return None,
    })
}

fn column_act(one: &tree::AlterTableCmd) -> Option<TableAct> {
    let column = one.name.clone();
    let if_exists = one.missing_ok;
    Some(match one.subtype() {
        Sub::AtDropColumn => TableAct::DropColumn { column, if_exists, cascade: cascades(one.behavior()) },
        Sub::AtAlterColumnType => {
            let new = definition(one)?;
            let using = match new.raw_default.as_deref() {
                Some(using) => Some(expression(using)?.into()),
                None => None,
            };
            TableAct::SetType { column, type_: type_name(new.type_name.as_ref()?)?, collation: collation(new), using }
        }
        Sub::AtColumnDefault => match one.def.as_deref() {
            Some(default) => TableAct::SetDefault { column, default: expression(default)? },
            None => TableAct::DropDefault { column },
        },
        Sub::AtDropNotNull => TableAct::DropNotNull { column },
        Sub::AtSetNotNull => TableAct::SetNotNull { column },
        Sub::AtSetExpression => TableAct::SetExpression { column, expr: expression(one.def.as_deref()?)? },
        Sub::AtDropExpression => TableAct::DropExpression { column, if_exists },
        Sub::AtAddIdentity => match inner(&one.def)? {
            Node::Constraint(identity) => {
                TableAct::AddIdentity { column, identity: super::sequence::identity(identity)? }
            }
            _ => return None,
        },
        Sub::AtSetIdentity => super::sequence::set_identity(column, one)?,
        Sub::AtDropIdentity => TableAct::DropIdentity { column, if_exists },
        _ => return None,
    })
}

/// None for a column of an index, which has a number and no name.
fn column_property(one: &tree::AlterTableCmd) -> Option<TableAct> {
    let column = not_empty(&one.name)?;
    let property = |name: &str, value| {
        Some(TableAct::SetColumnProperty { column: column.clone(), property: name.to_owned(), value })
    };
    let value = || one.def.as_deref().and_then(constant);
    match one.subtype() {
        Sub::AtSetStatistics => property("statistics", value().filter(|target| target != "-1")),
        Sub::AtSetStorage => property("storage", value().map(|word| word.to_ascii_lowercase())),
        Sub::AtSetCompression => property("compression", value().map(|word| word.to_ascii_lowercase())),
        _ => {
            let set = one.subtype() == Sub::AtSetOptions;
            let mut options = relation_options(one, set)?;
            // Several options are one property: their names and their values are joined.
            let value = options.iter().map(|(_, value)| value.clone()).collect::<Option<Vec<_>>>();
            let names: Vec<String> = options.drain(..).map(|(name, _)| name).collect();
            property(&names.join(", "), value.map(|all| all.join(", ")))
        }
    }
}

fn relation_options(one: &tree::AlterTableCmd, set: bool) -> Option<Vec<(String, Option<String>)>> {
    let Node::List(list) = inner(&one.def)? else { return None };
    let option = |option: &tree::Node| match &option.node {
        Some(Node::DefElem(element)) => {
            let value = inner(&element.arg).and_then(value_text).unwrap_or_else(|| "true".to_owned());
            Some((option_name(element), set.then_some(value)))
        }
        _ => None,
    };
    list.items.iter().map(option).collect()
}

fn altered_constraint(one: &tree::AlterTableCmd) -> Option<TableAct> {
    match inner(&one.def)? {
        Node::AtalterConstraint(constraint) => Some(TableAct::AlterConstraint {
            name: constraint.conname.clone(),
            deferrable: constraint.deferrable,
            initially_deferred: constraint.initdeferred,
        }),
        _ => None,
    }
}

fn replica_identity(one: &tree::AlterTableCmd) -> Option<TableAct> {
    let Node::ReplicaIdentityStmt(identity) = inner(&one.def)? else { return None };
    Some(TableAct::ReplicaIdentity(match first_letter(&identity.identity_type)? {
        'i' => ReplicaIdentity::Index(identity.name.clone()),
        letter => ReplicaIdentity::Letter(letter),
    }))
}

fn partition(one: &tree::AlterTableCmd) -> Option<TableAct> {
    let Node::PartitionCmd(command) = inner(&one.def)? else { return None };
    let partition = named(command.name.as_ref()?);
    Some(match one.subtype() {
        Sub::AtAttachPartition => {
            let bound = match &command.bound {
                Some(bound) => super::table::bound_sql(bound)?,
                None => String::new(),
            };
            TableAct::AttachPartition { partition, bound }
        }
        _ => TableAct::DetachPartition { partition },
    })
}

/// `AT_EnableRule` and a name: `enable rule r`.
fn in_words(subtype: Sub, name: &str) -> String {
    let mut words = String::new();
    for letter in subtype.as_str_name().trim_start_matches("AT_").chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    format!("{words} {name}").trim_end().to_owned()
}
