//! graphile-migrate: `graphile_migrate.migrations`, a row for each committed file, with its hash and its predecessor's.

use super::applied::{Applied, Row, by_checked_numbers, text};
use super::table::Table;
use crate::chain::{Chain, Revision};
use crate::pg::name::{QualifiedName, quote_literal};

pub struct GraphileMigrate;

const LOCK: i64 = 4_727_445_306_447_283;

impl Table for GraphileMigrate {
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (Some("graphile_migrate"), "migrations")
    }

    fn columns(&self) -> &'static [&'static str] {
        &["hash", "previous_hash", "filename", "date"]
    }

    fn create(&self) -> &'static str {
        "CREATE TABLE {table} (hash text PRIMARY KEY, previous_hash text REFERENCES {table}, filename text NOT NULL, date timestamptz NOT \
         NULL DEFAULT now())"
    }

    fn read(&self) -> (&'static str, &'static str) {
        ("h.filename, h.hash", " ORDER BY h.filename")
    }

    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        by_checked_numbers(chain, rows, |revision, row| {
            let is_its = header(&revision.text, "Hash").as_deref() == text(row, 1);
            (!is_its).then(|| format!("{}: not as graphile-migrate applied it: the hash is another", revision.file))
        })
    }

    fn record(&self, table: &str, revision: &Revision) -> String {
        let previous = header(&revision.text, "Previous").filter(|hash| hash != "-");
        format!(
            "INSERT INTO {table} (hash, previous_hash, filename) VALUES ({}, {}, {})",
            quote_literal(&header(&revision.text, "Hash").unwrap_or_default()),
            previous.map_or_else(|| "NULL".to_owned(), |hash| quote_literal(&hash)),
            quote_literal(&format!("{}.sql", revision.id)),
        )
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        let file = format!("{}.sql", chain.revisions()[at].id);
        format!("DELETE FROM {table} WHERE filename = {}", quote_literal(&file))
    }

    fn locks(&self, _: &QualifiedName, _: &str) -> Vec<i64> {
        vec![LOCK]
    }
}

/// `--! Name: value` in the lines at the top.
fn header(script: &str, name: &str) -> Option<String> {
    let mut lines =
        script.lines().take_while(|line| line.starts_with("--! ")).filter_map(|line| line[4..].split_once(':'));
    lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned())
}
