//! Publications, in the words of CREATE and ALTER.

use serde::Deserialize;

use crate::pg::name::{QualifiedName, quote_ident};

/// A publication without its tables.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Publication {
    pub all_tables: bool,
    /// Sorted.
    pub schemas: Vec<String>,
    /// Sorted words: delete, insert, truncate, update.
    pub acts: Vec<String>,
    pub via_root: bool,
    pub generated: bool,
}

impl Publication {
    /// The words of CREATE after the name, without the tables.
    pub fn sql(&self) -> String {
        let schemas: Vec<String> = self.schemas.iter().map(|schema| quote_ident(schema)).collect();
        let of = match (self.all_tables, schemas.as_slice()) {
            (true, _) => "FOR ALL TABLES ".to_owned(),
            (false, []) => String::new(),
            (false, schemas) => format!("FOR TABLES IN SCHEMA {} ", schemas.join(", ")),
        };
        format!("{of}WITH ({})", self.options())
    }

    /// `publish = 'insert', publish_via_partition_root = false`; an option that older servers lack is named only where it is set.
    pub fn options(&self) -> String {
        let generated = if self.generated { ", publish_generated_columns = stored" } else { "" };
        format!("publish = '{}', publish_via_partition_root = {}{generated}", self.acts.join(", "), self.via_root)
    }
}

/// A table in the form of ADD and SET.
pub fn published_sql(table: &QualifiedName, columns: Option<&[String]>, filter: Option<&str>) -> String {
    let list = |columns: &[String]| columns.iter().map(|name| quote_ident(name)).collect::<Vec<_>>().join(", ");
    let columns = columns.map(|columns| format!(" ({})", list(columns))).unwrap_or_default();
    let filter = filter.map(|filter| format!(" WHERE ({filter})")).unwrap_or_default();
    format!("TABLE ONLY {}{columns}{filter}", table.quoted())
}
