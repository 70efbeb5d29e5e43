//! Drizzle: `drizzle.__drizzle_migrations`, a row for each script, with its digest and the journal's time. It takes no lock.

use super::applied::{Applied, Row, text};
use super::table::Table;
use crate::chain::{Chain, Revision};

pub struct Drizzle;

impl Table for Drizzle {
    fn home(&self) -> (Option<&'static str>, &'static str) {
        (Some("drizzle"), "__drizzle_migrations")
    }

    fn columns(&self) -> &'static [&'static str] {
        &["id", "hash", "created_at"]
    }

    fn create(&self) -> &'static str {
        "CREATE TABLE {table} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)"
    }

    fn read(&self) -> (&'static str, &'static str) {
        ("h.hash, h.created_at", " ORDER BY h.created_at")
    }

    /// Its times are the journal's, which a chain of another layout does not have: the scripts tell, where they did not change.
    fn standing_of_native(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        let mut applied = Applied::default();
        for row in rows {
            let hash = text(row, 0).unwrap_or_default();
            match chain.revisions().iter().position(|revision| revision.bytes == hash) {
                Some(at) => applied.known.push(at),
                None => applied.unknown.push((hash.chars().take(12).collect(), false)),
            }
        }
        applied.known.sort_unstable();
        applied.known.dedup();
        Ok(applied)
    }

    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        if chain.revisions().iter().any(|revision| revision.moment.is_none()) {
            return Err(vec![
                "the chain has no journal with times: the history of Drizzle's folders is not known here yet"
                    .to_owned(),
            ]);
        }
        let mut applied = Applied::default();
        let latest = chain.revisions().iter().filter_map(|revision| revision.moment).max();
        for row in rows {
            let (hash, moment) =
                (text(row, 0).unwrap_or_default(), text(row, 1).and_then(|text| text.parse::<i64>().ok()));
            // The time is what Drizzle goes by; a script that changed since has another digest.
            let is_its = |revision: &Revision| revision.moment.is_some() && revision.moment == moment;
            match chain.revisions().iter().position(|revision| is_its(revision) || revision.bytes == hash) {
                Some(at) => applied.known.push(at),
                None => applied.unknown.push((hash.chars().take(12).collect(), moment > latest)),
            }
        }
        applied.known.sort_unstable();
        applied.known.dedup();
        Ok(applied)
    }

    fn record(&self, table: &str, revision: &Revision) -> String {
        let moment = revision.moment.map_or_else(|| "NULL".to_owned(), |moment| moment.to_string());
        format!("INSERT INTO {table} (hash, created_at) VALUES ('{}', {moment})", revision.bytes)
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        format!("DELETE FROM {table} WHERE hash = '{}'", chain.revisions()[at].bytes)
    }
}
