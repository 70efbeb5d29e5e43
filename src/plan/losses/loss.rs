//! The loss of one statement, as fields and in words.

use serde::Serialize;

use crate::pg::lock_mode::LockMode;
use crate::sql::TypeName;

/// The losses of a statement, and the dependents that it drops.
#[derive(Clone, Debug)]
pub struct Loss {
    /// Indexes of its script in the plan and of itself in the script.
    pub script: usize,
    pub step: usize,
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// The statement in one line, every secret redacted.
    pub statement: String,
    /// True for `lockgate:accept destructive`.
    pub is_meant: bool,
    /// The losses, those with the most rows first.
    pub lost: Vec<Lost>,
    /// The objects that CASCADE drops, as in the server's NOTICE.
    pub along: Vec<String>,
    pub locks: Vec<(LockMode, String)>,
    /// The former types of the columns whose type it changes.
    pub types_before: Vec<(String, TypeName)>,
}

/// One loss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lost {
    pub kind: Kind,
    /// A relation, a sequence or a database.
    pub object: String,
    pub column: Option<String>,
    /// The approximate number of rows; null if unknown.
    #[serde(serialize_with = "Rows::serialize")]
    pub rows: Rows,
    /// The number of partitions that lose their rows with it.
    pub partitions: usize,
    /// True if a dependent is lost, not an object that the statement names.
    pub along: bool,
    /// For a conversion: the old type, and the new one that cannot represent every value; none for USING.
    pub from: Option<String>,
    pub to: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Table,
    Rows,
    Column,
    /// Values that a type cannot represent.
    Type,
    /// Values that ON DELETE overwrites.
    Overwritten,
    Sequence,
    Database,
    /// The catalog could not be queried.
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
    /// The loss, to follow the word `loses`.
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

/// The most items of a list in text.
const MOST: usize = 20;

/// A list with a readable length.
pub fn shortened(all: &[String]) -> Vec<String> {
    let rest = all.len().saturating_sub(MOST);
    all.iter().take(MOST).cloned().chain((rest > 0).then(|| format!("{rest} more (plan --json has all)"))).collect()
}

impl Loss {
    /// True if anything is lost.
    pub fn is_loss(&self) -> bool {
        self.lost.iter().any(|lost| lost.rows != Rows::None)
    }

    /// True if something is lost without being accepted.
    pub fn counts(&self) -> bool {
        self.is_loss() && !self.is_meant
    }

    /// The losses, a few words each.
    pub fn words(&self) -> Vec<String> {
        self.lost.iter().map(Lost::words).collect()
    }

    /// `FILE:LINE:COLUMN: loses …: STATEMENT`, then the dependents and the locks.
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
