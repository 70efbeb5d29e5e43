//! Statements that name an object: RENAME, SET SCHEMA, OWNER, COMMENT.

use crate::sql::Named;
use crate::sql::nodes::{listed, named, not_empty, role, strings, text, type_name};
use crate::sql::parse::{Node, tree};
use crate::statement::change::{Act, FunctionKind, Object, RelationKind};
use crate::statement::object_words;
use tree::ObjectType as Type;

pub(super) fn rename(s: &tree::RenameStmt) -> Option<Act> {
    let relation = || s.relation.as_ref().map(named);
    let name = || s.subname.clone();
    let object = match s.rename_type() {
        Type::ObjectColumn => Object::Column { table: relation()?, column: name() },
        Type::ObjectAttribute => Object::Attribute { type_: relation()?, attribute: name() },
        Type::ObjectTabconstraint => Object::Constraint { table: relation()?, name: name() },
        Type::ObjectTrigger => Object::Trigger { table: relation()?, name: name() },
        Type::ObjectPolicy => Object::Policy { table: relation()?, name: name() },
        Type::ObjectRule => Object::Rule { table: relation()?, name: name() },
        Type::ObjectSchema => Object::Schema(name()),
        Type::ObjectRole => Object::Role(name()),
        Type::ObjectDomconstraint => Object::DomainConstraint { domain: any_name(s.object.as_deref()?)?, name: name() },
        Type::ObjectDatabase | Type::ObjectTablespace => Object::Other(in_words(s.rename_type, &name())),
        kind => match relation_kind(kind) {
            Some(kind) => Object::Relation { kind, name: relation()? },
            None => object(s.rename_type, s.object.as_deref()?)?,
        },
    };
    Some(Act::Rename { object, to: s.newname.clone(), if_exists: s.missing_ok })
}

pub(super) fn set_schema(s: &tree::AlterObjectSchemaStmt) -> Option<Act> {
    let object = match (relation_kind(s.object_type()), &s.relation) {
        (Some(kind), Some(relation)) => Object::Relation { kind, name: named(relation) },
        _ => object(s.object_type, s.object.as_deref()?)?,
    };
    Some(Act::SetSchema { object, to: s.newschema.clone(), if_exists: s.missing_ok })
}

pub(super) fn owner(s: &tree::AlterOwnerStmt) -> Option<Act> {
    Some(Act::Owner { object: object(s.object_type, s.object.as_deref()?)?, to: role(s.newowner.as_ref()?) })
}

pub(super) fn comment(s: &tree::CommentStmt) -> Option<Act> {
    Some(Act::Comment { object: object(s.objtype, s.object.as_deref()?)?, text: not_empty(&s.comment) })
}

pub(super) fn relation_kind(kind: Type) -> Option<RelationKind> {
    Some(match kind {
        Type::ObjectTable => RelationKind::Table,
        Type::ObjectView => RelationKind::View,
        Type::ObjectMatview => RelationKind::MaterializedView,
        Type::ObjectIndex => RelationKind::Index,
        Type::ObjectSequence => RelationKind::Sequence,
        Type::ObjectForeignTable => RelationKind::ForeignTable,
        _ => return None,
    })
}

/// The object that a node names, in the form of DROP, COMMENT, OWNER and others.
pub(super) fn object(kind: i32, node: &tree::Node) -> Option<Object> {
    let type_ = Type::try_from(kind).unwrap_or(Type::Undefined);
    if let Some(kind) = relation_kind(type_) {
        return Some(Object::Relation { kind, name: any_name(node)? });
    }
    let plain = || Some(any_name(node)?.name);
    Some(match type_ {
        Type::ObjectSchema => Object::Schema(plain()?),
        Type::ObjectExtension => Object::Extension(plain()?),
        Type::ObjectRole => Object::Role(plain()?),
        Type::ObjectPublication => Object::Publication(plain()?),
        Type::ObjectEventTrigger => Object::EventTrigger(plain()?),
        Type::ObjectType => Object::Type(any_name(node)?),
        Type::ObjectDomain => Object::Domain(any_name(node)?),
        Type::ObjectCollation => Object::Collation(any_name(node)?),
        Type::ObjectStatisticExt => Object::Statistics(any_name(node)?),
        Type::ObjectColumn => hanging(node, |table, column| Object::Column { table, column })?,
        Type::ObjectTabconstraint => hanging(node, |table, name| Object::Constraint { table, name })?,
        Type::ObjectTrigger => hanging(node, |table, name| Object::Trigger { table, name })?,
        Type::ObjectPolicy => hanging(node, |table, name| Object::Policy { table, name })?,
        Type::ObjectRule => hanging(node, |table, name| Object::Rule { table, name })?,
        Type::ObjectDomconstraint => domain_constraint(node)?,
        Type::ObjectFunction => function(node, FunctionKind::Function)?,
        Type::ObjectProcedure => function(node, FunctionKind::Procedure)?,
        Type::ObjectAggregate => function(node, FunctionKind::Aggregate)?,
        Type::ObjectRoutine => function(node, FunctionKind::Any)?,
        _ => Object::Other(in_words(kind, &any_name(node).map_or(String::new(), |named| named.name))),
    })
}

fn in_words(kind: i32, name: &str) -> String {
    format!("{} {name}", object_words::words(kind).to_ascii_lowercase()).trim_end().to_owned()
}

/// A name in any form of the grammar.
pub(super) fn any_name(node: &tree::Node) -> Option<Named> {
    match node.node.as_ref()? {
        Node::List(list) => listed(&list.items),
        Node::TypeName(type_) => listed(&type_.names),
        Node::RangeVar(relation) => Some(named(relation)),
        Node::ObjectWithArgs(object) => listed(&object.objname),
        Node::RoleSpec(spec) => Some(Named { schema: None, name: role(spec) }),
        _ => Some(Named { schema: None, name: text(node)?.to_owned() }),
    }
}

/// `schema.table.name`, as a list.
fn hanging(node: &tree::Node, make: impl FnOnce(Named, String) -> Object) -> Option<Object> {
    let Some(Node::List(list)) = &node.node else { return None };
    let mut parts = strings(&list.items);
    let name = parts.pop()?;
    let table = parts.pop()?;
    Some(make(Named { name: table, schema: parts.pop() }, name))
}

fn domain_constraint(node: &tree::Node) -> Option<Object> {
    let Some(Node::List(list)) = &node.node else { return None };
    match list.items.as_slice() {
        [domain, name] => Some(Object::DomainConstraint { domain: any_name(domain)?, name: text(name)?.to_owned() }),
        _ => None,
    }
}

fn function(node: &tree::Node, kind: FunctionKind) -> Option<Object> {
    let Some(Node::ObjectWithArgs(object)) = &node.node else { return None };
    let argument = |argument: &tree::Node| match &argument.node {
        Some(Node::TypeName(type_)) => type_name(type_),
        _ => None,
    };
    let arguments = (!object.args_unspecified).then(|| object.objargs.iter().filter_map(argument).collect());
    Some(Object::Function { name: listed(&object.objname)?, arguments, kind })
}
