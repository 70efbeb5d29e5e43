//! CREATE TABLE, CREATE FOREIGN TABLE, CREATE TABLE AS, SELECT INTO, CREATE MATERIALIZED VIEW.

use super::constraint::{column, constraint, in_server_order, merge_keys};
use crate::sql::nodes::{calls, listed, marker, named, options, strings, wrap};
use crate::sql::parse::{Node, deparse, tree};
use crate::sql::walk;
use crate::sql::{Facts, Named};
use crate::statement::change::{Act, Like, NewTable, NewTableAs};

pub(super) fn create_table(s: &tree::CreateStmt, foreign: bool) -> Option<Act> {
    let relation = s.relation.as_ref()?;
    let mut parents: Vec<Named> = s.inh_relations.iter().filter_map(relation_of).collect();
    let partition_of = match &s.partbound {
        Some(bound) => Some(Box::new((parents.pop()?, bound_sql(bound)?))),
        None => None,
    };
    let mut table = NewTable {
        name: named(relation),
        if_not_exists: s.if_not_exists,
        temporary: relation.relpersistence == "t",
        unlogged: relation.relpersistence == "u",
        columns: Vec::new(),
        overrides: Vec::new(),
        constraints: Vec::new(),
        likes: Vec::new(),
        inherits: parents,
        partition_of,
        partition_by: match &s.partspec {
            Some(spec) => Some(partition_by(spec)?),
            None => None,
        },
        of_type: s.of_typename.as_ref().and_then(|type_| listed(&type_.names)).map(Box::new),
        foreign,
        options: options(&s.options),
    };
    for element in &s.table_elts {
        add_element(&mut table, element)?;
    }
    in_server_order(&mut table.constraints);
    merge_keys(&mut table.constraints);
    table.columns.shrink_to_fit();
    Some(Act::CreateTable(Box::new(table)))
}

fn relation_of(node: &tree::Node) -> Option<Named> {
    match &node.node {
        Some(Node::RangeVar(relation)) => Some(named(relation)),
        _ => None,
    }
}

fn add_element(table: &mut NewTable, element: &tree::Node) -> Option<()> {
    match element.node.as_ref()? {
        // A column of an OF type or of a partition may lack a type.
        Node::ColumnDef(definition) if definition.type_name.is_none() => {
            let mut typed = definition.as_ref().clone();
            typed.type_name =
                Some(tree::TypeName { names: vec![crate::sql::nodes::string("")], ..tree::TypeName::default() });
            let mut new = column(&typed)?;
            table.constraints.extend(std::mem::take(&mut new.constraints));
            table.overrides.push(new);
        }
        Node::ColumnDef(definition) => {
            let mut new = column(definition)?;
            table.constraints.extend(std::mem::take(&mut new.constraints));
            table.columns.push(new);
        }
        Node::Constraint(one) => table.constraints.push(constraint(one, None)?),
        Node::TableLikeClause(clause) => table.likes.push(like(clause)?),
        _ => return None,
    }
    Some(())
}

/// `TableLikeOption` of the server.
fn like(clause: &tree::TableLikeClause) -> Option<Like> {
    let has = |bit: u32| clause.options & (1 << bit) != 0;
    Some(Like {
        table: named(clause.relation.as_ref()?),
        comments: has(0),
        compression: has(1),
        constraints: has(2),
        defaults: has(3),
        generated: has(4),
        identity: has(5),
        indexes: has(6),
        statistics: has(7),
        storage: has(8),
    })
}

/// `FOR VALUES …` or `DEFAULT`.
pub(super) fn bound_sql(bound: &tree::PartitionBoundSpec) -> Option<String> {
    let attach = tree::PartitionCmd { name: Some(marker("p")), bound: Some(bound.clone()), concurrent: false };
    let command = tree::AlterTableCmd {
        subtype: tree::AlterTableType::AtAttachPartition.into(),
        def: Some(Box::new(wrap(Node::PartitionCmd(attach)))),
        behavior: tree::DropBehavior::DropRestrict.into(),
        ..tree::AlterTableCmd::default()
    };
    let whole = deparse(Node::AlterTableStmt(tree::AlterTableStmt {
        relation: Some(marker("t")),
        cmds: vec![wrap(Node::AlterTableCmd(Box::new(command)))],
        objtype: tree::ObjectType::ObjectTable.into(),
        missing_ok: false,
    }))?;
    whole.strip_prefix("ALTER TABLE t ATTACH PARTITION p ").map(str::to_owned)
}

/// `RANGE (a)`.
fn partition_by(spec: &tree::PartitionSpec) -> Option<String> {
    let whole = deparse(Node::CreateStmt(tree::CreateStmt {
        relation: Some(marker("t")),
        partspec: Some(spec.clone()),
        oncommit: tree::OnCommitAction::OncommitNoop.into(),
        ..tree::CreateStmt::default()
    }))?;
    whole.strip_prefix("CREATE TABLE t () PARTITION BY ").map(str::to_owned)
}

pub(super) fn create_table_as(s: &tree::CreateTableAsStmt) -> Option<Act> {
    let query = s.query.as_deref()?.node.as_ref()?;
    let materialized = s.objtype() == tree::ObjectType::ObjectMatview;
    filled(s.into.as_deref()?, query, materialized, s.if_not_exists)
}

/// SELECT INTO is another form of CREATE TABLE AS.
pub(super) fn select_into(s: &tree::SelectStmt) -> Option<Act> {
    let mut query = s.clone();
    let into = query.into_clause.take()?;
    filled(&into, &Node::SelectStmt(Box::new(query)), false, false)
}

fn filled(into: &tree::IntoClause, query: &Node, materialized: bool, if_not_exists: bool) -> Option<Act> {
    let relation = into.rel.as_ref()?;
    let found = walk::contents(query);
    let columns = strings(&into.col_names);
    Some(Act::CreateTableAs(Box::new(NewTableAs {
        name: named(relation),
        materialized,
        temporary: relation.relpersistence == "t",
        if_not_exists,
        names: super::view::columns(&columns, query),
        columns,
        query: deparse(query.clone())?,
        query_facts: Facts::of_query(&found),
        with_data: !into.skip_data,
        reads: super::view::reads(&found),
        calls: calls(&found.calls),
    })))
}
