//! The objects that a statement names.

use crate::sql::{Named, TypeName};

/// The kind of an object in RENAME, DROP, COMMENT, OWNER, GRANT, SET SCHEMA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    Schema(String),
    Extension(String),
    Role(String),
    Publication(String),
    EventTrigger(String),
    Relation {
        kind: RelationKind,
        name: Named,
    },
    Column {
        table: Named,
        column: String,
    },
    /// An attribute of a composite type.
    Attribute {
        type_: Named,
        attribute: String,
    },
    Constraint {
        table: Named,
        name: String,
    },
    DomainConstraint {
        domain: Named,
        name: String,
    },
    Trigger {
        table: Named,
        name: String,
    },
    Policy {
        table: Named,
        name: String,
    },
    Rule {
        table: Named,
        name: String,
    },
    Type(Named),
    Domain(Named),
    /// Without arguments: the only function of that name.
    Function {
        name: Named,
        arguments: Option<Vec<TypeName>>,
        kind: FunctionKind,
    },
    Collation(Named),
    Statistics(Named),
    /// An object that is not judged: its kind and name in words.
    Other(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    Table,
    View,
    MaterializedView,
    Index,
    Sequence,
    ForeignTable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    Function,
    Procedure,
    Aggregate,
    /// DROP ROUTINE.
    Any,
}
