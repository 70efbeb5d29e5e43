//! The chain's definition of an object as a script states it, with names resolved.

use std::sync::Arc;

use super::found::RelKind;
use super::publication::{Publication, published_sql};
use crate::pg::name::QualifiedName;
use crate::sql::clauses::check_in;
use crate::sql::{Expr, Template, TypeName};
use crate::statement::change::Generated;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Definition {
    Schema,
    Role,
    /// The minimum version, and the schema, if they are given.
    Extension {
        schema: Option<String>,
        version: Option<String>,
    },
    Table(Table),
    /// View or materialized view: `CREATE VIEW {name} AS …` in either case. `path` is the search_path of its statement.
    View {
        materialized: bool,
        build: Template,
        /// The relations that it reads; their changes affect it.
        reads: Vec<QualifiedName>,
        path: Arc<[String]>,
    },
    Sequence {
        build: Template,
        owned_by: Option<(QualifiedName, String)>,
        /// True for the sequence of its owner's identity column.
        identity: bool,
    },
    Index(Index),
    /// The index of that table's PRIMARY KEY, UNIQUE or EXCLUDE constraint, which has the same name.
    ConstraintIndex {
        table: QualifiedName,
    },
    Column(Column),
    /// A column of a table that a query created, with the type that the query returns. `build` creates the empty table from
    /// copies of the tables that the query reads, and `column` is its name there.
    Queried {
        build: Arc<Template>,
        column: String,
        path: Arc<[String]>,
    },
    /// None if the column has no default.
    Default(Option<DefaultValue>),
    NotNull(bool),
    Constraint(Constraint),
    /// `build` creates it on the key's table.
    Trigger {
        build: Template,
        path: Arc<[String]>,
    },
    Policy {
        build: Template,
        path: Arc<[String]>,
    },
    Rule {
        build: Template,
        path: Arc<[String]>,
    },
    Statistics {
        table: QualifiedName,
        build: Template,
        path: Arc<[String]>,
    },
    Enum {
        labels: Vec<String>,
    },
    Composite {
        attributes: Vec<(String, TypeName)>,
    },
    Domain {
        build: Template,
        path: Arc<[String]>,
        /// Constraints that were added NOT VALID and not yet validated.
        not_valid: Vec<String>,
    },
    Range {
        build: Template,
        path: Arc<[String]>,
    },
    Collation {
        build: Template,
    },
    /// Functions, procedures and aggregates.
    Function {
        build: Template,
        path: Arc<[String]>,
    },
    EventTrigger {
        event: String,
        function: QualifiedName,
        tags: Vec<String>,
    },
    Publication(Publication),
    Published(Published),
    /// On or off: row security, a privilege, a membership.
    Flag(bool),
    /// A word: a trigger's state, a replica identity, an owner, a comment, a storage parameter. None if not set.
    Word(Option<String>),
}

impl Definition {
    /// The search_path of its statement; empty if no names need to be resolved.
    pub fn path(&self) -> &[String] {
        match self {
            Self::View { path, .. }
            | Self::Queried { path, .. }
            | Self::Trigger { path, .. }
            | Self::Policy { path, .. }
            | Self::Rule { path, .. }
            | Self::Statistics { path, .. }
            | Self::Domain { path, .. }
            | Self::Range { path, .. }
            | Self::Function { path, .. }
            | Self::Index(Index { path, .. })
            | Self::Column(Column { path, .. })
            | Self::Constraint(Constraint { path, .. })
            | Self::Default(Some(DefaultValue::Expr { path, .. })) => path,
            _ => &[],
        }
    }

    /// True if comparison requires rebuilding the objects from which it was created, which may no longer exist.
    pub fn is_made_again(&self) -> bool {
        match self {
            Self::Queried { .. } => true,
            Self::Constraint(Constraint { since, .. })
            | Self::Index(Index { since, .. })
            | Self::Default(Some(DefaultValue::Expr { since, .. })) => !since.is_empty(),
            _ => false,
        }
    }
}

/// A table in a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Sorted; none means all.
    pub columns: Option<Vec<String>>,
    /// The row filter, as a check of the table.
    pub filter: Option<Arc<Definition>>,
}

impl Published {
    /// The table in the form of ADD and SET.
    pub fn sql(&self, table: &QualifiedName) -> String {
        let filter = match self.filter.as_deref() {
            Some(Definition::Constraint(check)) => check_in(&check.build.fill("own", "t")),
            _ => None,
        };
        published_sql(table, self.columns.as_deref(), filter.as_deref())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub foreign: bool,
    pub unlogged: bool,
    /// `RANGE (a)`, as the parser deparses it.
    pub partition_by: Option<String>,
    pub partition_of: Option<(QualifiedName, String)>,
    pub inherits: Vec<QualifiedName>,
}

impl Table {
    pub fn kind(&self) -> RelKind {
        match (self.foreign, &self.partition_by) {
            (true, _) => RelKind::Foreign,
            (_, Some(_)) => RelKind::Partitioned,
            _ => RelKind::Table,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    pub table: QualifiedName,
    pub build: Template,
    /// Every column that it mentions.
    pub columns: Vec<String>,
    pub path: Arc<[String]>,
    /// The later changes of its columns' types.
    pub since: Vec<Conversion>,
}

/// A change of a column's type. The server then rebuilds, from its own text, every object with an expression over the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    pub column: String,
    pub from: TypeName,
    pub to: TypeName,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The type; a serial is the integer type that it means.
    pub type_: TypeName,
    pub collation: Option<QualifiedName>,
    /// True for ALWAYS, false for BY DEFAULT.
    pub identity: Option<bool>,
    pub generated: Option<Box<Generated>>,
    pub path: Arc<[String]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    Expr {
        expr: Expr,
        path: Arc<[String]>,
        /// The later changes of its column's type.
        since: Vec<Conversion>,
    },
    /// `nextval` of a sequence.
    Next(QualifiedName),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    pub kind: ConstraintKind,
    pub build: Template,
    pub valid: bool,
    pub deferrable: bool,
    pub initially_deferred: bool,
    /// The table's columns that it mentions.
    pub columns: Vec<String>,
    pub path: Arc<[String]>,
    /// The later changes of its columns' types.
    pub since: Vec<Conversion>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    Check {
        no_inherit: bool,
    },
    Unique {
        columns: Vec<String>,
        include: Vec<String>,
        nulls_not_distinct: bool,
    },
    Primary {
        columns: Vec<String>,
        include: Vec<String>,
    },
    /// The names that the server gives the columns of its index.
    Exclude {
        elements: Vec<String>,
    },
    Foreign(Box<ForeignKey>),
    NotNull,
}

/// A foreign key is compared by the catalog's columns and never built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    pub target: QualifiedName,
    /// None means the target's primary key, whose columns the chain does not state.
    pub target_columns: Option<Vec<String>>,
    pub matching: char,
    pub on_update: char,
    pub on_delete: char,
    pub delete_columns: Vec<String>,
}
