//! node-pg-migrate: `pgmigrations`, a row for each file.

use super::applied::{Applied, Row, by_names, delete, firsts};
use super::table::Table;
use crate::chain::{Chain, Revision};
use crate::pg::name::{QualifiedName, quote_literal};

pub struct NodePgMigrate;

const LOCK: i64 = 7_241_865_325_823_964;

impl Table for NodePgMigrate {
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (None, "pgmigrations")
    }

    fn columns(&self) -> &'static [&'static str] {
        &["id", "name", "run_on"]
    }

    fn create(&self) -> &'static str {
        "CREATE TABLE {table} (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)"
    }

    fn read(&self) -> (&'static str, &'static str) {
        ("h.name", " ORDER BY h.run_on, h.id")
    }

    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        Ok(by_names(chain, firsts(rows)))
    }

    fn record(&self, table: &str, revision: &Revision) -> String {
        format!("INSERT INTO {table} (name, run_on) VALUES ({}, pg_catalog.now())", quote_literal(revision.id.as_str()))
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        delete(table, "name", &chain.revisions()[at])
    }

    fn locks(&self, _: &QualifiedName, _: &str) -> Vec<i64> {
        vec![LOCK]
    }
}
