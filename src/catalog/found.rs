//! Objects as the catalog shows them.

use serde::Deserialize;

use super::publication::{Publication, published_sql};
use crate::pg::name::QualifiedName;
use crate::sql::clauses::{check_in, constraint_statement, is_plain_index};

/// A property of the database, under the [`Key`](super::Key) of the definition with which it is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Schema,
    Role,
    Extension { schema: String, version: String },
    Table(FoundTable),
    View(FoundView),
    Sequence(FoundSequence),
    Index(FoundIndex),
    Column(FoundColumn),
    Default(Option<FoundDefault>),
    NotNull(bool),
    Constraint(FoundConstraint),
    Trigger(FoundTrigger),
    Policy(FoundPolicy),
    Rule(FoundRule),
    Statistics(FoundStatistics),
    Enum { labels: Vec<String> },
    Composite { attributes: Vec<FoundAttribute> },
    Domain(FoundDomain),
    Range(FoundRange),
    Collation(FoundCollation),
    Function(FoundFunction),
    EventTrigger { event: String, function: QualifiedName, tags: Vec<String> },
    Publication(FoundPublication),
    Published(FoundPublished),
    Flag(bool),
    Word(Option<String>),
}

/// pg_class.relkind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelKind {
    Table,
    Partitioned,
    Foreign,
    View,
    Materialized,
    Sequence,
    Composite,
    Index,
    Other,
}

impl RelKind {
    pub fn from_letter(letter: char) -> Self {
        match letter {
            'r' => Self::Table,
            'p' => Self::Partitioned,
            'f' => Self::Foreign,
            'v' => Self::View,
            'm' => Self::Materialized,
            'S' => Self::Sequence,
            'c' => Self::Composite,
            'i' | 'I' => Self::Index,
            _ => Self::Other,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Partitioned => "partitioned table",
            Self::Foreign => "foreign table",
            Self::View => "view",
            Self::Materialized => "materialized view",
            Self::Sequence => "sequence",
            Self::Composite => "composite type",
            Self::Index => "index",
            Self::Other => "relation",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct FoundTable {
    pub kind: RelKind,
    pub unlogged: bool,
    pub temporary: bool,
    /// `RANGE (a)`.
    pub partition_by: Option<String>,
    /// The parent and the bound of a partition.
    pub partition_of: Option<(QualifiedName, String)>,
    /// The types of its parent's partition key, if they are built in.
    pub key_types: Vec<Option<String>>,
    pub inherits: Vec<QualifiedName>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FoundView {
    pub materialized: bool,
    pub query: String,
    /// Name and type of each column, in order.
    pub columns: Vec<(String, String)>,
    /// `security_barrier=true`, sorted.
    pub options: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundSequence {
    #[serde(rename = "type")]
    pub type_: String,
    pub start: i64,
    pub increment: i64,
    pub max: i64,
    pub min: i64,
    pub cache: i64,
    pub cycle: bool,
    pub owner: Option<SequenceOwner>,
}

impl FoundSequence {
    /// All its options, as ALTER SEQUENCE takes them.
    pub fn options(&self) -> String {
        format!(
            "AS {} START {} INCREMENT {} MINVALUE {} MAXVALUE {} CACHE {} {}",
            self.type_,
            self.start,
            self.increment,
            self.min,
            self.max,
            self.cache,
            if self.cycle { "CYCLE" } else { "NO CYCLE" }
        )
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SequenceOwner {
    pub schema: String,
    pub table: String,
    pub column: String,
    /// True for the sequence of an identity column.
    pub internal: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundIndex {
    pub schema: String,
    pub name: String,
    pub table: QualifiedName,
    pub unique: bool,
    /// True if it is valid, ready and live: queries may use it.
    pub valid: bool,
    pub method: String,
    /// `USING btree (a) …`, the text after the table's name.
    pub definition: String,
    /// The table's columns that it mentions.
    pub columns: Vec<String>,
    pub partitioned: bool,
    /// The constraint to which it belongs.
    pub constraint: Option<String>,
    pub owner: String,
    pub comment: Option<String>,
}

impl FoundIndex {
    /// True for an index on plain columns and all rows.
    pub fn is_plain(&self) -> bool {
        is_plain_index(&self.statement())
    }

    /// The statement that creates it under another name and on another table.
    pub fn statement(&self) -> String {
        let unique = if self.unique { "UNIQUE " } else { "" };
        format!("CREATE {unique}INDEX own ON t {}", self.definition)
    }
}

/// A type; the element's if `is_array`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundType {
    pub schema: String,
    pub name: String,
    pub is_array: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundColumn {
    /// pg_attribute.attnum.
    pub number: i16,
    pub type_: FoundType,
    /// As `format_type` writes it: `character varying(10)`.
    pub format: String,
    /// The collation, unless it is the type's own.
    pub collation: Option<QualifiedName>,
    /// True for ALWAYS, false for BY DEFAULT.
    pub identity: Option<bool>,
    /// The expression, and true if it is stored.
    pub generated: Option<(String, bool)>,
    pub inherited: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDefault {
    pub expression: String,
    /// The sequence on which it depends.
    pub next: Option<QualifiedName>,
    /// The column's type, to build the default on.
    pub format: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundConstraint {
    pub schema: String,
    pub table: String,
    pub name: String,
    /// pg_constraint.contype: c, f, p, u, x, n.
    pub kind: char,
    pub definition: String,
    pub columns: Vec<String>,
    pub valid: bool,
    pub deferrable: bool,
    pub initially_deferred: bool,
    pub no_inherit: bool,
    pub inherited: bool,
    pub foreign: Option<FoundForeignKey>,
    pub index: Option<ConstraintIndex>,
    pub comment: Option<String>,
}

impl FoundConstraint {
    /// The expression of a CHECK.
    pub fn check_expression(&self) -> Option<String> {
        check_in(&constraint_statement(&self.definition))
    }

    /// An artificial check, to compare an expression as one.
    pub fn check(table: &QualifiedName, expression: &str) -> Self {
        Self {
            schema: table.schema.clone(),
            table: table.name.clone(),
            name: String::new(),
            kind: 'c',
            definition: format!("CHECK ({expression})"),
            columns: Vec::new(),
            valid: true,
            deferrable: false,
            initially_deferred: false,
            no_inherit: false,
            inherited: false,
            foreign: None,
            index: None,
            comment: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundForeignKey {
    pub target: QualifiedName,
    pub columns: Vec<String>,
    /// The target's primary key.
    pub key: Option<Vec<String>>,
    pub matching: char,
    pub on_update: char,
    pub on_delete: char,
    pub delete_columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ConstraintIndex {
    pub name: String,
    pub include: Vec<String>,
    pub nulls_not_distinct: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundTrigger {
    pub schema: String,
    pub table: String,
    pub name: String,
    pub enabled: char,
    /// Its own name, and its table's with and without the schema, as the server quotes them.
    pub written: (String, String, String),
    pub definition: String,
    pub function: QualifiedName,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundPolicy {
    pub schema: String,
    pub table: String,
    pub name: String,
    /// pg_policy.polcmd.
    pub command: char,
    pub permissive: bool,
    pub roles: Vec<String>,
    pub using: Option<String>,
    pub check: Option<String>,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundRule {
    pub schema: String,
    pub table: String,
    pub name: String,
    pub enabled: char,
    /// Its own name, and its table's with and without the schema, as the server quotes them.
    pub written: (String, String, String),
    pub definition: String,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundStatistics {
    pub schema: String,
    pub name: String,
    pub table: QualifiedName,
    pub kinds: Vec<char>,
    pub columns: Vec<String>,
    pub expressions: Vec<String>,
    pub definition: String,
    pub owner: String,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundAttribute {
    pub name: String,
    #[serde(rename = "type")]
    pub type_: FoundType,
    pub format: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundDomain {
    pub base: String,
    pub not_null: bool,
    pub default: Option<String>,
    pub collation: Option<String>,
    pub constraints: Vec<DomainConstraint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DomainConstraint {
    pub name: String,
    pub definition: String,
    pub valid: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundRange {
    pub subtype: String,
    pub collation: Option<String>,
    pub operator_class: Option<String>,
    pub canonical: String,
    pub difference: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundCollation {
    pub schema: String,
    pub name: String,
    pub provider: char,
    pub deterministic: bool,
    pub collate: Option<String>,
    pub ctype: Option<String>,
    pub locale: Option<String>,
    pub rules: Option<String>,
    pub owner: String,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FoundFunction {
    pub schema: String,
    pub name: String,
    /// pg_proc.prokind: f, p, a, w.
    pub kind: char,
    /// The types of its input arguments, as in [`Key::Function`](super::Key::Function).
    pub types: Vec<String>,
    /// With modes, names and defaults.
    pub arguments: String,
    pub result: Option<String>,
    pub language: String,
    pub volatility: char,
    pub strict: bool,
    pub security_definer: bool,
    pub leakproof: bool,
    pub parallel: char,
    pub cost: f64,
    pub rows: f64,
    pub config: Vec<String>,
    pub support: Option<String>,
    pub transforms: Option<Vec<String>>,
    pub source: String,
    pub binary: Option<String>,
    /// The parsed body of `BEGIN ATOMIC` and `RETURN`.
    pub body: Option<String>,
    pub definition: Option<String>,
    /// The complete definition of an aggregate, as one text.
    pub aggregate: Option<String>,
    pub owner: String,
    pub comment: Option<String>,
    pub acl: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundPublication {
    pub name: String,
    #[serde(flatten)]
    pub definition: Publication,
    pub owner: String,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FoundPublished {
    pub table: QualifiedName,
    /// Sorted; none means all.
    pub columns: Option<Vec<String>>,
    /// The row filter, as a check of the table.
    pub filter: Option<Box<Found>>,
}

impl FoundPublished {
    /// The table in the form of ADD and SET.
    pub fn sql(&self) -> String {
        let filter = match self.filter.as_deref() {
            Some(Found::Constraint(check)) => check.check_expression(),
            _ => None,
        };
        published_sql(&self.table, self.columns.as_deref(), filter.as_deref())
    }
}
