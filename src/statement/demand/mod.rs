//! The demands of a part of a statement on existing rows.

mod read;

pub(in crate::statement) use read::meets_rows;
pub use read::{demands, excluded};

use std::collections::BTreeSet;

use crate::pg::name::quote_ident;
use crate::sql::Named;
use crate::sql::names_in;
use crate::sql::written;

/// A demand on rows. Expressions, types and conditions are SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// ADD COLUMN … NOT NULL without a default: no row at all.
    NewColumn {
        table: Named,
        column: String,
        of_type: String,
    },
    /// SET NOT NULL, and each column of a PRIMARY KEY.
    NotNull {
        table: Named,
        column: String,
    },
    Check {
        table: Named,
        constraint: Option<String>,
        expression: String,
        no_inherit: bool,
        not_valid: bool,
    },
    /// A foreign key. Without `parent_columns`, the parent's primary key is meant.
    References {
        table: Named,
        constraint: Option<String>,
        columns: Vec<String>,
        parent: Named,
        parent_columns: Vec<String>,
        /// MATCH FULL.
        full: bool,
        not_valid: bool,
    },
    /// A unique index, a UNIQUE or a PRIMARY KEY.
    Distinct {
        table: Named,
        name: Option<String>,
        parts: Vec<Part>,
        condition: Option<String>,
        nulls_are_equal: bool,
    },
    /// ALTER COLUMN … TYPE.
    Type {
        table: Named,
        column: String,
        wanted: String,
        using: Option<String>,
    },
    /// VALIDATE CONSTRAINT: the catalog contains the condition.
    Valid {
        table: Named,
        constraint: String,
    },
    /// ATTACH PARTITION. `attach` is the statement with [`PARENT_STAND_IN`] and [`STAND_IN`] for the two tables.
    Partition {
        parent: Named,
        partition: Named,
        attach: String,
        is_default: bool,
    },
    /// A constraint of a domain, on VALUE.
    Domain {
        domain: Named,
        constraint: Option<String>,
        expression: String,
        not_valid: bool,
    },
    DomainNotNull {
        domain: Named,
    },
    DomainValid {
        domain: Named,
        constraint: String,
    },
    /// Rows can make it fail, but no question tells if they do. An empty table cannot.
    Unasked {
        table: Named,
        told: String,
        why: &'static str,
    },
}

/// The names of empty tables that show the condition on a partition's rows.
pub const STAND_IN: &str = "lockgate_stand_in";
pub const PARENT_STAND_IN: &str = "lockgate_parent_stand_in";

/// A part of a unique key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Column(String),
    Expression(String),
}

impl Part {
    pub fn sql(&self) -> String {
        match self {
            Self::Column(name) => quote_ident(name),
            Self::Expression(sql) => format!("({sql})"),
        }
    }

    /// The part as people write it.
    pub fn shown(&self) -> String {
        match self {
            Self::Column(name) => written(name),
            Self::Expression(sql) => sql.clone(),
        }
    }
}

impl Demand {
    /// The demand in a few words, for use within a sentence.
    pub fn words(&self) -> String {
        let list = |names: &[String]| names.iter().map(|name| written(name)).collect::<Vec<_>>().join(", ");
        match self {
            Self::NewColumn { column, .. } | Self::NotNull { column, .. } => format!("NOT NULL of {}", written(column)),
            Self::Check { expression, .. } | Self::Domain { expression, .. } => format!("CHECK ({expression})"),
            Self::References { columns, parent, .. } => {
                format!("FOREIGN KEY ({}) REFERENCES {}", list(columns), written(&parent.name))
            }
            Self::Distinct { parts, condition, .. } => {
                let parts = parts.iter().map(Part::shown).collect::<Vec<_>>().join(", ");
                let condition = condition.iter().map(|condition| format!(" WHERE {condition}")).collect::<String>();
                format!("UNIQUE ({parts}){condition}")
            }
            Self::Type { column, wanted, .. } => format!("TYPE {wanted} of {}", written(column)),
            Self::Valid { constraint, .. } | Self::DomainValid { constraint, .. } => {
                format!("VALIDATE CONSTRAINT {}", written(constraint))
            }
            Self::Partition { partition, .. } => format!("ATTACH PARTITION {}", written(&partition.name)),
            Self::DomainNotNull { domain } => format!("NOT NULL of the domain {}", written(&domain.name)),
            Self::Unasked { told, .. } => told.clone(),
        }
    }

    /// The tables whose rows are asked, the table of the demand first; empty for a domain, whose tables the catalog knows.
    pub fn tables(&self) -> Vec<&Named> {
        match self {
            Self::NewColumn { table, .. }
            | Self::NotNull { table, .. }
            | Self::Check { table, .. }
            | Self::Distinct { table, .. }
            | Self::Type { table, .. }
            | Self::Valid { table, .. }
            | Self::Unasked { table, .. } => vec![table],
            Self::References { table, parent, .. } => vec![table, parent],
            Self::Partition { parent, partition, .. } => vec![partition, parent],
            Self::Domain { .. } | Self::DomainNotNull { .. } | Self::DomainValid { .. } => Vec::new(),
        }
    }

    /// True if its rows may be in any table.
    pub fn is_of_domain(&self) -> bool {
        matches!(self, Self::Domain { .. } | Self::DomainNotNull { .. } | Self::DomainValid { .. })
    }

    /// True for NOT VALID: existing rows are not checked.
    pub fn is_not_valid(&self) -> bool {
        match self {
            Self::Check { not_valid, .. } | Self::References { not_valid, .. } | Self::Domain { not_valid, .. } => {
                *not_valid
            }
            Self::NewColumn { .. }
            | Self::NotNull { .. }
            | Self::Distinct { .. }
            | Self::Type { .. }
            | Self::Valid { .. }
            | Self::Partition { .. }
            | Self::DomainNotNull { .. }
            | Self::DomainValid { .. }
            | Self::Unasked { .. } => false,
        }
    }

    /// The demand after its constraint is validated.
    #[must_use]
    pub fn validated(&self) -> Self {
        let mut demand = self.clone();
        if let Self::Check { not_valid, .. } | Self::References { not_valid, .. } | Self::Domain { not_valid, .. } =
            &mut demand
        {
            *not_valid = false;
        }
        demand
    }

    /// The SQL of the demand, which may call functions.
    pub fn expressions(&self) -> Vec<String> {
        match self {
            Self::Check { expression, .. } | Self::Domain { expression, .. } => vec![expression.clone()],
            Self::Distinct { parts, condition, .. } => {
                let parts = parts.iter().filter_map(|part| match part {
                    Part::Column(_) => None,
                    Part::Expression(sql) => Some(sql.clone()),
                });
                parts.chain(condition.clone()).collect()
            }
            Self::Type { using, wanted, .. } => {
                vec![using.clone().unwrap_or_default(), format!("NULL::{wanted}")]
            }
            Self::NewColumn { .. }
            | Self::NotNull { .. }
            | Self::References { .. }
            | Self::Valid { .. }
            | Self::Partition { .. }
            | Self::DomainNotNull { .. }
            | Self::DomainValid { .. }
            | Self::Unasked { .. } => Vec::new(),
        }
    }

    /// Every name on which the demand depends; some words among them may not be names.
    pub fn names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = self.tables().into_iter().map(|table| table.name.clone()).collect();
        for sql in self.expressions() {
            names.extend(names_in(&sql));
        }
        match self {
            Self::NotNull { column, .. } | Self::Type { column, .. } => drop(names.insert(column.clone())),
            Self::References { columns, parent_columns, .. } => {
                names.extend(columns.iter().chain(parent_columns).cloned());
            }
            Self::Distinct { parts, .. } => names.extend(parts.iter().filter_map(|part| match part {
                Part::Column(name) => Some(name.clone()),
                Part::Expression(_) => None,
            })),
            Self::Valid { constraint, .. } => drop(names.insert(constraint.clone())),
            Self::Domain { domain, .. } | Self::DomainNotNull { domain } => drop(names.insert(domain.name.clone())),
            Self::DomainValid { domain, constraint } => names.extend([domain.name.clone(), constraint.clone()]),
            // The type is irrelevant: no existing row can fill the column.
            Self::NewColumn { .. } | Self::Check { .. } | Self::Partition { .. } | Self::Unasked { .. } => {}
        }
        names
    }
}
