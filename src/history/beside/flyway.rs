//! Flyway: `flyway_schema_history`, a row for each run of a script, with the checksum of its lines.

use std::collections::BTreeMap;

use super::applied::{Applied, Row, delete, text};
use super::crc32::crc32;
use super::table::Table;
use crate::chain::{Chain, Revision};
use crate::pg::name::{QualifiedName, quote_literal};

pub struct Flyway;

/// `Flyway` in bytes.
const SALT: i64 = 77_431_708_279_161;

impl Table for Flyway {
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (None, "flyway_schema_history")
    }

    fn columns(&self) -> &'static [&'static str] {
        &[
            "installed_rank",
            "version",
            "description",
            "type",
            "script",
            "checksum",
            "installed_by",
            "installed_on",
            "execution_time",
            "success",
        ]
    }

    fn create(&self) -> &'static str {
        r#"CREATE TABLE {table} ("installed_rank" INT NOT NULL, "version" VARCHAR(50), "description" VARCHAR(200) NOT NULL, "type" VARCHAR(20) NOT NULL, "script" VARCHAR(1000) NOT NULL, "checksum" INTEGER, "installed_by" VARCHAR(100) NOT NULL, "installed_on" TIMESTAMP NOT NULL DEFAULT now(), "execution_time" INTEGER NOT NULL, "success" BOOLEAN NOT NULL, CONSTRAINT "{name}_pk" PRIMARY KEY ("installed_rank")); CREATE INDEX "{name}_s_idx" ON {table} ("success")"#
    }

    fn read(&self) -> (&'static str, &'static str) {
        ("h.version, h.description, h.type, h.script, h.checksum, h.success", " ORDER BY h.installed_rank")
    }

    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        standing(chain, rows, true)
    }

    fn standing_of_native(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        standing(chain, rows, false)
    }

    fn record(&self, table: &str, revision: &Revision) -> String {
        let version = if revision.manner.repeats { "NULL".to_owned() } else { quote_literal(revision.id.as_str()) };
        let base = revision.file.rsplit('/').next().unwrap_or(&revision.file);
        let kind = if base.starts_with('B') { "SQL_BASELINE" } else { "SQL" };
        let description: String = revision.description.chars().take(200).collect();
        format!(
            "INSERT INTO {table} (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success) \
             SELECT coalesce(max(installed_rank), 0) + 1, {version}, {}, '{kind}', {}, {}, current_user, \
             (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - pg_catalog.now()) * 1000)::pg_catalog.int4, true FROM {table}",
            quote_literal(&description),
            quote_literal(&revision.file),
            revision.once_recorded(checksum),
        )
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        delete(table, "version", &chain.revisions()[at])
    }

    fn locks(&self, table: &QualifiedName, _: &str) -> Vec<i64> {
        vec![SALT + i64::from(java_hash(&format!("\"{}\".\"{}\"", table.schema, table.name)))]
    }
}

/// `of_tool`: the files are Flyway's, so their checksums count.
fn standing(chain: &Chain, rows: &[Row<'_>], of_tool: bool) -> Result<Applied, Vec<String>> {
    let (mut lines, mut versions, mut baseline) = (Vec::new(), BTreeMap::new(), None);
    let mut repeated: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for row in rows {
        let script = text(row, 3).unwrap_or_default();
        if text(row, 5) != Some("t") {
            lines.push(format!("{script} failed: `flyway repair` takes its row away"));
            continue;
        }
        match (text(row, 0), text(row, 2).unwrap_or_default()) {
            (_, "SCHEMA") => {}
            (Some(version), "BASELINE") => baseline = Some(order(version)),
            (Some(version), "DELETE" | "UNDO_SQL" | "UNDO_JDBC" | "UNDO_SCRIPT") => {
                versions.remove(&order(version));
            }
            (Some(version), _) => _ = versions.insert(order(version), (version, text(row, 4), script)),
            (None, "DELETE") => _ = repeated.remove(text(row, 1).unwrap_or_default()),
            (None, _) => _ = repeated.insert(text(row, 1).unwrap_or_default(), text(row, 4)),
        }
    }
    let mut applied = Applied::default();
    for (at, revision) in chain.revisions().iter().enumerate() {
        if revision.manner.repeats {
            let recorded = repeated.get(revision.description.as_str());
            if recorded.is_some_and(|recorded| *recorded == Some(revision.once_recorded(checksum).to_string().as_str()))
            {
                applied.known.push(at);
            }
            continue;
        }
        let order = order(revision.id.as_str());
        match versions.remove(&order) {
            Some((_, Some(recorded), _)) if of_tool && recorded != revision.once_recorded(checksum).to_string() => {
                lines.push(format!("{}: not as Flyway applied it: the checksum is another", revision.file));
            }
            Some(_) => applied.known.push(at),
            None if baseline.as_ref().is_some_and(|baseline| order <= *baseline) => applied.known.push(at),
            None => {}
        }
    }
    let last =
        chain.revisions().iter().rev().find(|revision| !revision.manner.repeats).map(|last| order(last.id.as_str()));
    let unknown = versions.into_iter().map(|(order, (version, ..))| (version.to_owned(), Some(order) > last));
    applied.unknown = unknown.collect();
    if lines.is_empty() { Ok(applied) } else { Err(lines) }
}

/// The version's numbers, without trailing zeros.
fn order(version: &str) -> Vec<(usize, String)> {
    let part = |part: &str| (part.trim_start_matches('0').len(), part.trim_start_matches('0').to_owned());
    let mut parts: Vec<_> = version.split(['.', '_']).map(part).collect();
    while parts.last().is_some_and(|(length, _)| *length == 0) && parts.len() > 1 {
        parts.pop();
    }
    parts
}

/// CRC-32 over the lines without their ends, as a signed number.
fn checksum(script: &str) -> i32 {
    let script = script.strip_prefix('\u{feff}').unwrap_or(script);
    crc32(script.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r'))).cast_signed()
}

/// `String.hashCode` of Java.
fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_key_is_that_of_the_table() {
        let table = QualifiedName::new("public", "flyway_schema_history");
        assert_eq!(Flyway.locks(&table, "any"), [77_433_833_903_597]);
    }

    #[test]
    fn line_ends_do_not_count_in_its_checksum() {
        assert_eq!(checksum("\u{feff}SELECT 1;\r\nSELECT 2;"), checksum("SELECT 1;\nSELECT 2;\n"));
        assert_eq!(checksum("123456789"), -873_187_034);
    }
}
