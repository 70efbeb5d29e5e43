//! Drizzle: `drizzle.__drizzle_migrations`, a row for each script, with its digest and the journal's time; with the folder's name
//! for a chain of folders. It takes no lock.

use super::applied::{Applied, Row, by_names, delete, text};
use super::table::Table;
use crate::chain::{Chain, Revision};
use crate::pg::name::{QualifiedName, quote_literal};

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

    fn made(&self, table: &QualifiedName, chain: &Chain) -> String {
        let create = if is_of_folders(chain) { OF_FOLDERS } else { self.create() };
        create.replace("{table}", &table.quoted())
    }

    /// The column of the name exists since chains of folders.
    fn read(&self) -> (&'static str, &'static str) {
        (
            "h.hash, h.created_at, pg_catalog.to_jsonb(h) ->> 'name', pg_catalog.jsonb_exists(pg_catalog.to_jsonb(h), 'name')",
            " ORDER BY h.created_at, h.id",
        )
    }

    /// The rows have the journal's times, which a chain of another layout lacks: the digests of unchanged scripts decide.
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
        if is_of_folders(chain) {
            return of_folders(chain, rows);
        }
        if chain.revisions().iter().any(|revision| revision.moment.is_none()) {
            return Err(vec!["an entry of meta/_journal.json has no `when`, by which Drizzle goes".to_owned()]);
        }
        let mut applied = Applied::default();
        let latest = chain.revisions().iter().filter_map(|revision| revision.moment).max();
        for row in rows {
            let (hash, moment) =
                (text(row, 0).unwrap_or_default(), text(row, 1).and_then(|text| text.parse::<i64>().ok()));
            // Drizzle identifies a script by its time; a script that changed since has another digest.
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
        if is_in_folder(revision) {
            let name = quote_literal(revision.id.as_str());
            return format!(
                "INSERT INTO {table} (hash, created_at, name) VALUES ('{}', {moment}, {name})",
                revision.bytes
            );
        }
        format!("INSERT INTO {table} (hash, created_at) VALUES ('{}', {moment})", revision.bytes)
    }

    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String {
        let revision = &chain.revisions()[at];
        if is_in_folder(revision) {
            return delete(table, "name", revision);
        }
        format!("DELETE FROM {table} WHERE hash = '{}'", revision.bytes)
    }
}

const OF_FOLDERS: &str = "CREATE TABLE {table} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint, name text, applied_at \
                          timestamp with time zone DEFAULT now())";

fn is_in_folder(revision: &Revision) -> bool {
    revision.file.ends_with("/migration.sql")
}

fn is_of_folders(chain: &Chain) -> bool {
    chain.revisions().iter().any(is_in_folder)
}

/// Identifies folders by their names, as Drizzle does.
fn of_folders(chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
    let is_old = rows.iter().any(|row| text(row, 3) != Some("t"));
    if is_old {
        return Err(vec![
            "the table is of an earlier Drizzle and has no names: run Drizzle's migrate once, which adds them"
                .to_owned(),
        ]);
    }
    let mut applied = by_names(chain, rows.iter().filter_map(|row| text(row, 2)));
    // A row without a name belongs to no folder, and Drizzle ignores it.
    applied.known.dedup();
    Ok(applied)
}
