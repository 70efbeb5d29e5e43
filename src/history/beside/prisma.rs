//! Prisma: `_prisma_migrations`, a row for each attempt, with the checksum of its file.

use super::applied::{Applied, Row, by_names, delete, text};
use super::native;
use super::table::Table;
use crate::chain::{Chain, Revision};
use crate::pg::name::{QualifiedName, quote_literal};

pub struct Prisma;

const LOCK: i64 = 72_707_369;

impl Table for Prisma {
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (None, "_prisma_migrations")
    }

    fn columns(&self) -> &'static [&'static str] {
        &[
            "id",
            "checksum",
            "finished_at",
            "migration_name",
            "logs",
            "rolled_back_at",
            "started_at",
            "applied_steps_count",
        ]
    }

    fn create(&self) -> &'static str {
        "CREATE TABLE {table} (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, \
         migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), \
         applied_steps_count INTEGER NOT NULL DEFAULT 0)"
    }

    fn read(&self) -> (&'static str, &'static str) {
        ("h.migration_name, h.finished_at IS NOT NULL, h.rolled_back_at IS NOT NULL", " ORDER BY h.started_at")
    }

    /// `migrate deploy` does not compare checksums.
    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        let counts = || rows.iter().filter(|row| text(row, 2) != Some("t"));
        let name = |row: &Row<'_>| text(row, 0).unwrap_or_default().to_owned();
        let failed: Vec<String> = counts()
            .filter(|row| text(row, 1) != Some("t"))
            .map(|row| {
                let name = name(row);
                format!(
                    "{name} failed, or is running (P3009): prisma migrate resolve --applied or --rolled-back {name}"
                )
            })
            .collect();
        let names = counts().filter_map(|row| text(row, 0));
        match (failed.is_empty(), chain.layout()) {
            (false, _) => Err(failed),
            (true, None) => Ok(native::by_versions(chain, names)),
            (true, Some(_)) => Ok(by_names(chain, names)),
        }
    }

    fn standing_of_native(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        self.standing(chain, rows)
    }

    fn record(&self, table: &str, revision: &Revision) -> String {
        format!(
            "INSERT INTO {table} (id, checksum, finished_at, migration_name, started_at, applied_steps_count) VALUES \
             (pg_catalog.gen_random_uuid()::pg_catalog.text, '{}', pg_catalog.clock_timestamp(), {}, pg_catalog.now(), 1)",
            revision.bytes,
            quote_literal(revision.id.as_str()),
        )
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        delete(table, "migration_name", &chain.revisions()[at])
    }

    fn locks(&self, _: &QualifiedName, _: &str) -> Vec<i64> {
        vec![LOCK]
    }
}
