//! sqlx: `_sqlx_migrations`, a row for each version, with the checksum of its file.

use sha2::{Digest, Sha384};

use super::applied::{Applied, Row, by_checked_numbers, number, text};
use super::crc32::crc32;
use super::native;
use super::table::Table;
use crate::chain::hex::hex;
use crate::chain::{Chain, Revision};
use crate::pg::name::{QualifiedName, quote_literal};

pub struct Sqlx;

const SALT: i64 = 0x3d32_ad9e;

impl Table for Sqlx {
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (None, "_sqlx_migrations")
    }

    fn columns(&self) -> &'static [&'static str] {
        &["version", "description", "installed_on", "success", "checksum", "execution_time"]
    }

    fn create(&self) -> &'static str {
        "CREATE TABLE {table} (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), \
         success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL)"
    }

    fn read(&self) -> (&'static str, &'static str) {
        ("h.version, h.success, pg_catalog.encode(h.checksum, 'hex')", " ORDER BY h.version")
    }

    fn standing_of_native(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        let dirty = rows.iter().filter(|row| text(row, 1) != Some("t"));
        let lines: Vec<String> = dirty.map(|row| dirty_line(text(row, 0).unwrap_or_default())).collect();
        if lines.is_empty() { Ok(native::by_firsts(chain, rows)) } else { Err(lines) }
    }

    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        by_checked_numbers(chain, rows, |revision, row| match text(row, 1) {
            Some("t") => text(row, 2)
                .is_some_and(|recorded| recorded != checksum(revision))
                .then(|| format!("{}: not as sqlx applied it: the checksum is another", revision.file)),
            _ => Some(dirty_line(text(row, 0).unwrap_or_default())),
        })
    }

    fn record(&self, table: &str, revision: &Revision) -> String {
        format!(
            "INSERT INTO {table} (version, description, success, checksum, execution_time) VALUES ({}, {}, true, \
             pg_catalog.decode('{}', 'hex'), (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - pg_catalog.now()) * 1000000000)::pg_catalog.int8)",
            number(revision),
            quote_literal(&revision.description),
            checksum(revision),
        )
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        format!("DELETE FROM {table} WHERE version = {}", number(&chain.revisions()[at]))
    }

    fn locks(&self, _: &QualifiedName, database: &str) -> Vec<i64> {
        vec![SALT.wrapping_mul(i64::from(crc32(database.bytes())))]
    }
}

/// SHA-384 of the file's bytes.
fn checksum(revision: &Revision) -> String {
    hex(&Sha384::digest(revision.text.as_bytes()))
}

fn dirty_line(version: &str) -> String {
    format!("version {version} is dirty: sqlx began it, and did not end it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_key_is_that_of_the_database() {
        let table = QualifiedName::new("public", "_sqlx_migrations");
        assert_eq!(Sqlx.locks(&table, "postgres"), [368_907_709_894_077_238]);
        assert_eq!(Sqlx.locks(&table, "matrixauthenticationservice"), [1_881_340_119_163_255_118]);
    }
}
