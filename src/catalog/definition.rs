//! What the chain wants of an object: a definition, names resolved, as a script states it.

use std::sync::Arc;

use super::found::RelKind;
use super::publication::{Publication, published_sql};
use crate::pg::name::QualifiedName;
use crate::sql::{Expr, Template, TypeName};
use crate::statement::change::Generated;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Definition {
    Schema,
    Role,
    /// At least the version, in the schema, where they are named.
    Extension {
        schema: Option<String>,
        version: Option<String>,
    },
    Table(Table),
    /// View or materialized view: `CREATE VIEW {name} AS …` in either case. `path` is the search_path of its statement.
    View {
        materialized: bool,
        build: Template,
        /// The relations that it reads, for what becomes of it when they change.
        reads: Vec<QualifiedName>,
        path: Arc<[String]>,
    },
    Sequence {
        build: Template,
        owned_by: Option<(QualifiedName, String)>,
        /// It stands behind an identity column, its owner's.
        identity: bool,
    },
    Index(Index),
    /// The index of a PRIMARY KEY, UNIQUE or EXCLUDE constraint of that table, of the same name.
    ConstraintIndex {
        table: QualifiedName,
    },
    Column(Column),
    /// A column of a table that a query made: of the type that the query gives it. `build` makes the table, empty, out of
    /// copies of what the query reads, and `column` is its name there.
    Queried {
        build: Arc<Template>,
        column: String,
        path: Arc<[String]>,
    },
    /// None: the column has none.
    Default(Option<DefaultValue>),
    NotNull(bool),
    Constraint(Constraint),
    /// `build` hangs on the table of the key.
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
        /// Constraints that were added NOT VALID and not validated since.
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
    /// A word: a trigger's state, a replica identity, an owner, a comment, a storage parameter. None: not set.
    Word(Option<String>),
}

impl Definition {
    /// The search_path of its statement, where it has names to resolve.
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

    /// True where it is told by making it again from what was there when it was made, which may be gone by now.
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
    /// Sorted; none: all.
    pub columns: Option<Vec<String>>,
    /// The filter of its rows, as a check of the table.
    pub filter: Option<Arc<Definition>>,
}

impl Published {
    /// As ADD and SET name it.
    pub fn sql(&self, table: &QualifiedName) -> String {
        let filter = match self.filter.as_deref() {
            Some(Definition::Constraint(check)) => Some(check.build.fill("own", "t")),
            _ => None,
        };
        published_sql(table, self.columns.as_deref(), filter.as_deref())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub foreign: bool,
    pub unlogged: bool,
    /// `RANGE (a)`, as the parser writes it back.
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
    /// The changes of its columns' types since it was made.
    pub since: Vec<Conversion>,
}

/// A change of a column's type. The server then makes again, out of its own words, what has an expression over the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    pub column: String,
    pub from: TypeName,
    pub to: TypeName,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// A serial is the integer that it stands for.
    pub type_: TypeName,
    pub collation: Option<QualifiedName>,
    /// ALWAYS: true, BY DEFAULT: false.
    pub identity: Option<bool>,
    pub generated: Option<Box<Generated>>,
    pub path: Arc<[String]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    Expr {
        expr: Expr,
        path: Arc<[String]>,
        /// The changes of its column's type since it was set.
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
    /// The changes of its columns' types since it was made.
    pub since: Vec<Conversion>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    Check,
    Unique { columns: Vec<String>, include: Vec<String>, nulls_not_distinct: bool },
    Primary { columns: Vec<String>, include: Vec<String> },
    Exclude,
    Foreign(Box<ForeignKey>),
    NotNull,
}

/// Compared from the catalog's columns: a foreign key is never built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    pub target: QualifiedName,
    /// None: the target's primary key, whose columns the chain does not state.
    pub target_columns: Option<Vec<String>>,
    pub matching: char,
    pub on_update: char,
    pub on_delete: char,
    pub delete_columns: Vec<String>,
}
