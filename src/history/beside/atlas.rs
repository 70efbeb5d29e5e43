//! Atlas: `atlas_schema_revisions`, a row for each version, with the sum of its script in `atlas.sum`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::applied::{Applied, Row, by_names, delete, text};
use super::native;
use super::table::Table;
use crate::chain::{Chain, Revision, scan};
use crate::pg::name::{QualifiedName, quote_literal};

pub struct Atlas;

/// FNV-1 of `atlas_migrate_execute`, the key of its session lock.
const LOCK: i64 = 2_686_470_616;

/// The bit of a row that means all versions up to it.
const BASELINE: i64 = 1;

impl Table for Atlas {
    /// An Atlas URL that names a schema puts the table in that schema.
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (Some("atlas_schema_revisions"), "atlas_schema_revisions")
    }

    fn columns(&self) -> &'static [&'static str] {
        &[
            "version",
            "description",
            "type",
            "applied",
            "total",
            "executed_at",
            "execution_time",
            "hash",
            "operator_version",
        ]
    }

    fn create(&self) -> &'static str {
        "CREATE TABLE {table} (version character varying NOT NULL PRIMARY KEY, description character varying NOT NULL, type bigint \
         NOT NULL DEFAULT 2, applied bigint NOT NULL DEFAULT 0, total bigint NOT NULL DEFAULT 0, executed_at timestamptz NOT NULL, \
         execution_time bigint NOT NULL, error text, error_stmt text, hash character varying NOT NULL, partial_hashes jsonb, \
         operator_version character varying NOT NULL)"
    }

    /// Excludes the row by which Atlas Cloud identifies the database.
    fn read(&self) -> (&'static str, &'static str) {
        (
            "h.version, h.type, h.applied = h.total AND (h.error IS NULL OR h.error = '')",
            " WHERE h.version <> '.atlas_cloud_identifier' ORDER BY h.version COLLATE \"C\"",
        )
    }

    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        whole(rows)?;
        let versions = rows.iter().filter_map(|row| text(row, 0));
        let mut applied = by_names(chain, versions.clone());
        // A baseline includes all versions up to it, and may stand for deleted scripts.
        let baseline = rows.iter().filter(|row| is_baseline(row)).filter_map(|row| text(row, 0)).max();
        if let Some(baseline) = baseline {
            let before = (0..chain.len()).filter(|&at| chain.revisions()[at].id.as_str() <= baseline);
            applied.known.extend(before);
            applied.known.sort_unstable();
            applied.known.dedup();
            applied.unknown.retain(|(version, is_behind)| version != baseline || *is_behind);
        }
        Ok(applied)
    }

    fn standing_of_native(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        whole(rows)?;
        Ok(native::by_firsts(chain, rows))
    }

    /// [`Self::change`] completes the sum, which depends on the scripts before it.
    fn record(&self, table: &str, revision: &Revision) -> String {
        row(table, revision, "")
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        delete(table, "version", &chain.revisions()[at])
    }

    fn change(&self, table: &str, chain: &Chain, before: &[usize], after: &[usize]) -> Option<String> {
        let sums = sums(chain);
        let gone = before.iter().filter(|at| !after.contains(at)).map(|&at| self.forget(table, chain, at));
        let new = after.iter().filter(|at| !before.contains(at));
        let new = new.map(|&at| row(table, &chain.revisions()[at], &sums[at]));
        Some(gone.chain(new).collect::<Vec<_>>().join("; "))
    }

    fn locks(&self, _: &QualifiedName, _: &str) -> Vec<i64> {
        vec![LOCK]
    }
}

fn is_baseline(row: Row<'_>) -> bool {
    text(row, 1).and_then(|kind| kind.parse::<i64>().ok()).is_some_and(|kind| kind & BASELINE != 0)
}

/// Checks that all scripts completed.
fn whole(rows: &[Row<'_>]) -> Result<(), Vec<String>> {
    let broken = rows.iter().filter(|row| text(row, 2) != Some("t")).filter_map(|row| text(row, 0));
    let lines: Vec<String> = broken
        .map(|version| format!("version {version} is applied in part: Atlas failed in it, or is running"))
        .collect();
    if lines.is_empty() { Ok(()) } else { Err(lines) }
}

fn row(table: &str, revision: &Revision, sum: &str) -> String {
    let words = revision.file.strip_suffix(".sql").and_then(|stem| stem.split_once('_')).map_or("", |(_, words)| words);
    let count = statements(&revision.text);
    format!(
        "INSERT INTO {table} (version, description, type, applied, total, executed_at, execution_time, error, error_stmt, hash, \
         partial_hashes, operator_version) VALUES ({}, {}, 2, {count}, {count}, pg_catalog.now(), \
         (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - pg_catalog.now()) * 1000000000)::pg_catalog.int8, '', '', '{sum}', \
         'null', 'lockgate {}')",
        quote_literal(revision.id.as_str()),
        quote_literal(words),
        env!("CARGO_PKG_VERSION"),
    )
}

/// The sum of each script, over the names and texts up to it.
fn sums(chain: &Chain) -> Vec<String> {
    let mut hash = Sha256::new();
    let sum = |revision: &Revision| {
        hash.update(revision.file.as_bytes());
        // A script may exclude its text from the sum.
        revision.once_recorded(|text| {
            if !text.lines().any(|line| line.trim_end() == "-- atlas:sum ignore") {
                hash.update(text.as_bytes());
            }
        });
        BASE64_STANDARD.encode(hash.clone().finalize())
    };
    chain.revisions().iter().map(sum).collect()
}

/// The number of statements in a script, by its semicolons.
fn statements(script: &str) -> usize {
    let mut count = 0;
    let mut is_open = false;
    for piece in scan::scan(script).filter(|piece| piece.kind.is_code()) {
        let is_end = &script[piece.range] == ";";
        count += usize::from(is_end && is_open);
        is_open = !is_end;
    }
    count + usize::from(is_open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_counted() {
        for (script, count) in [("", 0), ("-- a;\n", 0), ("SELECT 1", 1), ("SELECT ';';;\nSELECT $$;$$ -- ;\n", 2)] {
            assert_eq!(statements(script), count, "{script}");
        }
    }
}
