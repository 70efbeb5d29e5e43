//! The Supabase CLI: `supabase_migrations.schema_migrations`, a row for each version. It takes no lock.

use super::applied::{Applied, Row, by_names, delete, firsts};
use super::table::Table;
use crate::chain::{Chain, Revision};
use crate::pg::name::{quote_array, quote_literal};

pub struct Supabase;

impl Table for Supabase {
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (Some("supabase_migrations"), "schema_migrations")
    }

    fn columns(&self) -> &'static [&'static str] {
        &["version", "statements", "name"]
    }

    fn create(&self) -> &'static str {
        "CREATE TABLE {table} (version text NOT NULL PRIMARY KEY, statements text[], name text)"
    }

    fn read(&self) -> (&'static str, &'static str) {
        ("h.version", " ORDER BY h.version")
    }

    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        Ok(by_names(chain, firsts(rows)))
    }

    /// The script as one element: nothing runs it again, and the CLI does not promise how it splits one.
    fn record(&self, table: &str, revision: &Revision) -> String {
        let name =
            revision.file.strip_suffix(".sql").and_then(|stem| stem.split_once('_')).map_or("", |(_, name)| name);
        format!(
            "INSERT INTO {table} (version, name, statements) VALUES ({}, {}, {})",
            quote_literal(revision.id.as_str()),
            quote_literal(name),
            quote_array([&*revision.text].into_iter()),
        )
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        delete(table, "version", &chain.revisions()[at])
    }
}
