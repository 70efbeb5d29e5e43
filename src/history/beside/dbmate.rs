//! dbmate: `schema_migrations`, the digits of each applied file. It takes no lock.

use super::applied::{Applied, Row, by_names, delete, firsts};
use super::table::Table;
use crate::chain::{Chain, Revision};
use crate::pg::name::quote_literal;

pub struct Dbmate;

impl Table for Dbmate {
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (None, "schema_migrations")
    }

    fn columns(&self) -> &'static [&'static str] {
        &["version"]
    }

    /// The table of golang-migrate has one column more.
    fn is_exact(&self) -> bool {
        true
    }

    fn create(&self) -> &'static str {
        "CREATE TABLE {table} (version varchar PRIMARY KEY)"
    }

    fn read(&self) -> (&'static str, &'static str) {
        ("h.version", " ORDER BY h.version")
    }

    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        Ok(by_names(chain, firsts(rows)))
    }

    fn record(&self, table: &str, revision: &Revision) -> String {
        format!("INSERT INTO {table} (version) VALUES ({})", quote_literal(revision.id.as_str()))
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        delete(table, "version", &chain.revisions()[at])
    }
}
