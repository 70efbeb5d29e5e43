//! refinery: `refinery_schema_history`, a row for each version, with a SipHash of its name, its version and its script. It takes no lock.

use super::applied::{Applied, Row, by_checked_numbers, number, text};
use super::table::Table;
use crate::chain::revision::by_number;
use crate::chain::{Chain, Revision};
use crate::pg::name::quote_literal;

pub struct Refinery;

impl Table for Refinery {
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (None, "refinery_schema_history")
    }

    fn columns(&self) -> &'static [&'static str] {
        &["version", "name", "applied_on", "checksum"]
    }

    fn create(&self) -> &'static str {
        "CREATE TABLE {table} (version INT4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255))"
    }

    fn read(&self) -> (&'static str, &'static str) {
        ("h.version, h.checksum", " ORDER BY h.version")
    }

    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        by_checked_numbers(chain, rows, |revision, row| {
            let recorded = text(row, 1).unwrap_or_default();
            let is_its = Width::ALL.into_iter().any(|width| checksum(revision, width).to_string() == recorded);
            (!is_its).then(|| format!("{}: not as refinery applied it: the checksum is another", revision.file))
        })
    }

    /// The checksum includes the version with the width of its column.
    fn record(&self, table: &str, revision: &Revision) -> String {
        format!(
            "INSERT INTO {table} (version, name, applied_on, checksum) SELECT {}, {}, pg_catalog.to_char(pg_catalog.timezone('UTC', \
             pg_catalog.clock_timestamp()), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), CASE WHEN a.atttypid = 'int8'::regtype THEN '{}' ELSE '{}' \
             END FROM pg_attribute a WHERE a.attrelid = {}::regclass AND a.attname = 'version'",
            number(revision),
            quote_literal(name(revision)),
            checksum(revision, Width::Eight),
            checksum(revision, Width::Four),
            quote_literal(table),
        )
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        format!("DELETE FROM {table} WHERE version = {}", number(&chain.revisions()[at]))
    }
}

/// The words of the file's name, as written.
fn name(revision: &Revision) -> &str {
    let base = revision.file.rsplit('/').next().unwrap_or(&revision.file);
    base.trim_end_matches(".sql").split_once("__").map_or("", |(_, name)| name)
}

#[derive(Clone, Copy)]
enum Width {
    Four,
    Eight,
}

impl Width {
    const ALL: [Self; 2] = [Self::Four, Self::Eight];
}

fn checksum(revision: &Revision, width: Width) -> u64 {
    checksum_of(name(revision), by_number(revision.id.as_str()).1.parse().unwrap_or(0), &revision.text, width)
}

/// The hash of a text (its bytes and 0xff), a number (little-endian), and a text, as in Rust.
fn checksum_of(name: &str, version: i64, script: &str, width: Width) -> u64 {
    let mut bytes = name.as_bytes().to_vec();
    bytes.push(0xff);
    let version = version.to_le_bytes();
    bytes.extend_from_slice(match width {
        Width::Four => &version[..4],
        Width::Eight => &version,
    });
    bytes.extend_from_slice(script.as_bytes());
    bytes.push(0xff);
    siphash13(&bytes)
}

/// SipHash-1-3 with a key of zeros (Aumasson and Bernstein, 2012).
fn siphash13(bytes: &[u8]) -> u64 {
    let mut v = [0x736f_6d65_7073_6575_u64, 0x646f_7261_6e64_6f6d, 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573];
    let mut words = bytes.chunks_exact(8);
    for word in words.by_ref() {
        let mut eight = [0; 8];
        eight.copy_from_slice(word);
        let word = u64::from_le_bytes(eight);
        v[3] ^= word;
        round(&mut v);
        v[0] ^= word;
    }
    let mut last = [0; 8];
    last[..words.remainder().len()].copy_from_slice(words.remainder());
    // The length, modulo 256.
    last[7] = bytes.len().to_le_bytes()[0];
    let word = u64::from_le_bytes(last);
    v[3] ^= word;
    round(&mut v);
    v[0] ^= word;
    v[2] ^= 0xff;
    (0..3).for_each(|_| round(&mut v));
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[2] = v[2].rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_checksum_is_that_of_both_builds() {
        let of = |width| checksum_of("initial", 1, "CREATE TABLE persons (id int);", width);
        assert_eq!(of(Width::Four), 2_686_532_623_648_937_061);
        assert_eq!(of(Width::Eight), 13_933_610_082_772_382_928);
    }
}
