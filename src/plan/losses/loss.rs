//! What one statement loses, in fields and in words.

use serde::Serialize;

use crate::pg::lock_mode::LockMode;
use crate::sql::TypeName;

/// What a statement loses, and what goes along with it.
#[derive(Clone, Debug)]
pub struct Loss {
    /// Indexes of its script in the plan and of itself in the script.
    pub script: usize,
    pub step: usize,
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// In one line, every secret cut.
    pub statement: String,
    /// `lockgate:accept destructive`.
    pub is_meant: bool,
    /// Those with the most rows first.
    pub lost: Vec<Lost>,
    /// What CASCADE takes along, as the server's NOTICE names it.
    pub along: Vec<String>,
    pub locks: Vec<(LockMode, String)>,
    /// Of the columns whose type it changes.
    pub types_before: Vec<(String, TypeName)>,
}

/// One thing that is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lost {
    pub kind: Kind,
    /// A relation, a sequence or a database.
    pub object: String,
    pub column: Option<String>,
    /// About how many; null where nobody can tell.
    #[serde(serialize_with = "Rows::serialize")]
    pub rows: Rows,
    /// How many partitions lose theirs with it.
    pub partitions: usize,
    /// By what goes along with the statement, not by the statement itself.
    pub along: bool,
    /// Of a conversion: the type before, and the one that cannot hold every value of it; of USING no other.
    pub from: Option<String>,
    pub to: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Table,
    Rows,
    Column,
    /// Values that a type cannot hold.
    Type,
    /// Values that ON DELETE sets.
    Overwritten,
    Sequence,
    Database,
    /// The catalog could not be asked.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rows {
    None,
    About(u64),
    Unknown,
}

impl Rows {
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::None, rows) | (rows, Self::None) => rows,
            (Self::About(one), Self::About(other)) => Self::About(one.saturating_add(other)),
        }
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_some(&0),
            Self::About(rows) => serializer.serialize_some(rows),
            Self::Unknown => serializer.serialize_none(),
        }
    }

    fn words(self) -> String {
        match self {
            Self::None => "no rows".to_owned(),
            Self::About(1) => "about 1 row".to_owned(),
            Self::About(rows) => format!("about {} rows", grouped(rows)),
            Self::Unknown => "an unknown number of rows".to_owned(),
        }
    }
}

/// `15,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

impl Lost {
    /// What is lost, after the word `loses`.
    pub fn words(&self) -> String {
        let object = &self.object;
        let partitions = match self.partitions {
            0 => String::new(),
            1 => " and its partition".to_owned(),
            count => format!(" and its {count} partitions"),
        };
        let rows = self.rows.words();
        let column = self.column.as_deref().unwrap_or_default();
        match self.kind {
            Kind::Table => format!("table {object}{partitions}, with {rows}"),
            Kind::Rows => format!("every row of {object}{partitions} ({rows})"),
            Kind::Column => format!("the values of {object}.{column} ({rows})"),
            Kind::Type => {
                let from = self.from.as_deref().unwrap_or_default();
                match &self.to {
                    Some(to) => format!("what {to} cannot hold of {object}.{column}, now {from} ({rows})"),
                    None => format!("the values of {object}.{column}, now {from}, where USING makes others ({rows})"),
                }
            }
            Kind::Overwritten => format!("the values of {object}.{column} where ON DELETE sets it ({rows})"),
            Kind::Sequence => format!("the position of sequence {object}"),
            Kind::Database => format!("database {object}, with all that is in it"),
            Kind::Unknown => format!("nobody can tell what: {object}"),
        }
    }
}

/// Lists are cut at so many, in text.
const MOST: usize = 20;

/// A list as a person can read it.
pub fn shortened(all: &[String]) -> Vec<String> {
    let rest = all.len().saturating_sub(MOST);
    all.iter().take(MOST).cloned().chain((rest > 0).then(|| format!("{rest} more (plan --json has all)"))).collect()
}

impl Loss {
    /// True where anything is lost.
    pub fn is_loss(&self) -> bool {
        self.lost.iter().any(|lost| lost.rows != Rows::None)
    }

    /// True where something is lost that is not meant to be.
    pub fn counts(&self) -> bool {
        self.is_loss() && !self.is_meant
    }

    /// What is lost, a few words each.
    pub fn words(&self) -> Vec<String> {
        self.lost.iter().map(Lost::words).collect()
    }

    /// `FILE:LINE:COLUMN: loses …: STATEMENT`, then what goes along, and the locks.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { file, line, column, statement, .. } = self;
        let mut lines = vec![format!("{file}:{line}:{column}: loses existing data: {statement}")];
        lines.extend(shortened(&self.words()).into_iter().map(|lost| format!("  loses {lost}")));
        let locks: Vec<String> = self.locks.iter().map(|(mode, on)| format!("{mode} on {on}")).collect();
        for (what, all) in [("goes along", &self.along), ("locks", &locks)] {
            if !all.is_empty() {
                lines.push(format!("  {what}: {}", shortened(all).join(", ")));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_groups_of_three() {
        for (number, wanted) in [(1, "1"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), wanted);
        }
    }

    #[test]
    fn a_sum_with_an_unknown_number_is_unknown() {
        assert_eq!(Rows::About(2).and(Rows::None).and(Rows::About(3)), Rows::About(5));
        assert_eq!(Rows::About(2).and(Rows::Unknown).and(Rows::None), Rows::Unknown);
    }
}
