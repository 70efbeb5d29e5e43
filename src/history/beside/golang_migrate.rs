//! golang-migrate: `schema_migrations`, one row with the database's version.

use super::applied::{Applied, Row, number, text};
use super::crc32::crc32;
use super::table::Table;
use crate::chain::revision::by_number;
use crate::chain::{Chain, Revision};
use crate::pg::name::QualifiedName;

pub struct GolangMigrate;

const SALT: u32 = 1_486_364_155;

impl Table for GolangMigrate {
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (None, "schema_migrations")
    }

    fn columns(&self) -> &'static [&'static str] {
        &["version", "dirty"]
    }

    fn create(&self) -> &'static str {
        "CREATE TABLE {table} (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)"
    }

    fn read(&self) -> (&'static str, &'static str) {
        ("h.version, h.dirty", "")
    }

    /// All revisions up to its version count as applied, as for the tool.
    fn standing_of_native(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        self.standing(chain, rows)
    }

    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        let Some(row) = rows.first() else { return Ok(Applied::default()) };
        let version = text(row, 0).unwrap_or_default();
        if text(row, 1) != Some("f") {
            return Err(vec![format!("version {version} is dirty: golang-migrate began it, and did not end it")]);
        }
        // A failed downgrade of the first revision.
        if version.starts_with('-') {
            return Ok(Applied::default());
        }
        let is_up_to = |at: &usize| by_number(chain.revisions()[*at].id.as_str()) <= by_number(version);
        let known: Vec<usize> = (0..chain.len()).filter(is_up_to).collect();
        let is_known =
            known.last().is_some_and(|&at| by_number(chain.revisions()[at].id.as_str()) == by_number(version));
        let is_behind = known.len() == chain.len();
        let unknown = if is_known { Vec::new() } else { vec![(version.to_owned(), is_behind)] };
        Ok(Applied { known, unknown, ..Applied::default() })
    }

    /// A late revision does not change the version.
    fn record(&self, table: &str, revision: &Revision) -> String {
        let version = number(revision);
        format!(
            "UPDATE {table} SET version = greatest(version, {version}), dirty = false; INSERT INTO {table} (version, dirty) SELECT \
             {version}, false WHERE NOT EXISTS (SELECT FROM {table})"
        )
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        match at.checked_sub(1) {
            Some(before) => {
                format!("UPDATE {table} SET version = {}, dirty = false", number(&chain.revisions()[before]))
            }
            None => format!("DELETE FROM {table}"),
        }
    }

    /// As a library it hashes the database's name, as a command the path of the URL: the two do not exclude each other.
    fn locks(&self, table: &QualifiedName, database: &str) -> Vec<i64> {
        let key = |database: &str| {
            let names = format!("{}\0{}\0{database}", table.schema, table.name);
            i64::from(crc32(names.into_bytes()).wrapping_mul(SALT))
        };
        vec![key(database), key(&format!("/{database}"))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_keys_are_those_of_the_library_and_of_the_command() {
        let table = QualifiedName::new("public", "schema_migrations");
        assert_eq!(GolangMigrate.locks(&table, "postgres"), [143_310_882, 3_280_485_947]);
    }
}
