//! The objects that CREATE and ADD create.

use super::{FunctionKind, Opaque};
use crate::sql::{Expr, Facts, Named, Template, TypeName};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTable {
    pub name: Named,
    pub if_not_exists: bool,
    pub temporary: bool,
    pub unlogged: bool,
    pub columns: Vec<NewColumn>,
    /// Columns that a parent or a type brings, if the script adds something to them.
    pub overrides: Vec<NewColumn>,
    /// The constraints of the table and of its columns, in the order in which the server creates them.
    pub constraints: Vec<NewConstraint>,
    pub likes: Vec<Like>,
    pub inherits: Vec<Named>,
    /// The parent, and the bound as deparsed.
    pub partition_of: Option<Box<(Named, String)>>,
    /// PARTITION BY as deparsed: `RANGE (a)`.
    pub partition_by: Option<String>,
    pub of_type: Option<Box<Named>>,
    pub foreign: bool,
    /// WITH (…): name and value.
    pub options: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Like {
    pub table: Named,
    pub defaults: bool,
    pub constraints: bool,
    pub indexes: bool,
    pub identity: bool,
    pub generated: bool,
    pub comments: bool,
    pub statistics: bool,
    pub compression: bool,
    pub storage: bool,
}

/// A column of CREATE TABLE or ADD COLUMN. Its constraints are kept with those of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewColumn {
    pub name: String,
    /// `serial` and its variants keep that name.
    pub type_: TypeName,
    pub collation: Option<Named>,
    pub not_null: bool,
    pub default: Option<Box<Expr>>,
    pub identity: Option<Box<Identity>>,
    pub generated: Option<Box<Generated>>,
    /// The constraints of an ADD COLUMN; CREATE TABLE has them in [`NewTable::constraints`].
    pub constraints: Vec<NewConstraint>,
}

/// GENERATED … AS IDENTITY, and the sequence behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// ALWAYS; else BY DEFAULT.
    pub always: bool,
    /// SEQUENCE NAME; without a schema, the sequence is in its table's schema.
    pub sequence: Option<Named>,
    /// `CREATE SEQUENCE {name} …` with its options, without the type: the column has it.
    pub build: Template,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    pub expr: Expr,
    pub stored: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConstraint {
    pub name: Option<String>,
    pub kind: ConstraintKind,
    pub deferrable: bool,
    pub initially_deferred: bool,
    pub not_valid: bool,
    /// `ALTER TABLE {target} ADD CONSTRAINT {name} …`, valid and complete: implicit columns are written out.
    pub build: Template,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    Check {
        expr: Expr,
        no_inherit: bool,
    },
    /// PRIMARY KEY if `primary`; of an existing index if `using_index`.
    Unique {
        primary: bool,
        columns: Vec<String>,
        include: Vec<String>,
        nulls_not_distinct: bool,
        using_index: Option<String>,
    },
    Foreign(ForeignKey),
    /// The columns of its elements; `expr` for an expression.
    Exclude {
        elements: Vec<String>,
        method: String,
    },
    /// PostgreSQL 18's named NOT NULL.
    NotNull {
        column: String,
    },
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    pub columns: Vec<String>,
    pub target: Named,
    /// Empty means the target's primary key.
    pub target_columns: Vec<String>,
    /// As in pg_constraint: confmatchtype, confupdtype, confdeltype.
    pub matching: char,
    pub on_update: char,
    pub on_delete: char,
    /// ON DELETE SET NULL (a, b).
    pub delete_columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTableAs {
    pub name: Named,
    pub materialized: bool,
    pub temporary: bool,
    pub if_not_exists: bool,
    /// The column names that the statement gives.
    pub columns: Vec<String>,
    /// The names of all its columns as far as the text tells; none for `*` and for an expression that the server names.
    pub names: Option<Vec<String>>,
    pub query: String,
    /// The facts of a view over the query.
    pub(crate) query_facts: Facts,
    pub with_data: bool,
    /// The relations that the query reads.
    pub reads: Vec<Named>,
    /// The functions that the query calls: SELECT INTO and CREATE TABLE AS also fill the table.
    pub calls: Vec<Named>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewView {
    pub name: Named,
    pub replace: bool,
    pub temporary: bool,
    /// `CREATE VIEW {name} …`, without OR REPLACE; a temporary name may be filled in.
    pub build: Template,
    /// The columns' names as far as the text tells; none for `*` and for an expression that the server names.
    pub columns: Option<Vec<String>>,
    pub reads: Vec<Named>,
    /// WITH (…) and WITH CHECK OPTION: name and value.
    pub options: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIndex {
    pub name: Option<String>,
    pub table: Named,
    pub if_not_exists: bool,
    pub concurrently: bool,
    pub unique: bool,
    pub only: bool,
    pub method: String,
    /// The keys: a column's name each, or none for an expression (`expr` or the function's name in a chosen name).
    pub keys: Vec<IndexKey>,
    pub include: Vec<String>,
    /// Every column that keys, INCLUDE and the predicate mention.
    pub columns: Vec<String>,
    /// `CREATE [UNIQUE] INDEX {name} ON {target} USING …`.
    pub build: Template,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexKey {
    pub column: Option<String>,
    /// The name that the server gives the index's own column (`FigureIndexColname`), a part of a chosen index name.
    pub label: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub type_: TypeName,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDomain {
    pub name: Named,
    pub base: TypeName,
    /// `CREATE DOMAIN {name} AS …`.
    pub build: Template,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFunction {
    pub name: Named,
    pub kind: FunctionKind,
    pub replace: bool,
    /// The input arguments, which distinguish functions of one name.
    pub arguments: Vec<TypeName>,
    /// `CREATE FUNCTION {name}(…) …`, without OR REPLACE.
    pub build: Template,
    /// The effects that a call of its body may have.
    pub body: Opaque,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTrigger {
    pub name: String,
    pub table: Named,
    pub replace: bool,
    pub function: Named,
    pub columns: Vec<String>,
    /// `CREATE TRIGGER {name} … ON {target} …`, without OR REPLACE.
    pub build: Template,
}
