//! The history of a tool, as configured with its columns.

use super::HistoryTable;

/// `LOCKGATE_RUNNER_TABLE`: `table(column, …)` or `schema.table(column, …)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerTable {
    pub table: HistoryTable,
    /// At least one column.
    pub columns: Vec<String>,
}

impl RunnerTable {
    /// # Errors
    /// The error of the text, in words that follow it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "is not TABLE(COLUMN) or SCHEMA.TABLE(COLUMN, COLUMN)".to_owned();
        let (table, rest) = text.trim().split_once('(').ok_or_else(wrong)?;
        let columns = rest.strip_suffix(')').ok_or_else(wrong)?.split(',');
        let columns: Vec<String> = columns.map(|column| column.trim().trim_matches('"').to_owned()).collect();
        if columns.iter().any(String::is_empty) {
            return Err(wrong());
        }
        Ok(Self { table: HistoryTable::parse(table.trim())?, columns })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_with_its_columns() {
        let read = |text: &str| RunnerTable::parse(text).map(|read| (read.table.to_string(), read.columns.join("+")));
        let is = |table: &str, columns: &str| Ok((table.to_owned(), columns.to_owned()));
        assert_eq!(read("migrations(name)"), is("migrations", "name"));
        assert_eq!(read(r#"app.migrations ( kind , "MigrationId" )"#), is("app.migrations", "kind+MigrationId"));
        for wrong in ["migrations", "migrations()", "migrations(a,)", "(a)", "a(b) c"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
