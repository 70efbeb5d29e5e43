//! A database whose catalogs are as they were when its head was found equal to the snapshot: nothing is read again.

use std::path::Path;

use crate::cli::chosen;
use crate::config::Config;
use crate::connect::Session;
use crate::history::{self, Known, Read, Told, Trusted};
use crate::source;
use crate::verify::{self, Ignored, Mark, Snapshot};

/// The report on such a database.
pub struct Unchanged {
    pub head: String,
    /// The time of the comparison that found it equal.
    pub since: String,
    /// The number of its notes.
    pub notes: usize,
}

/// Returns none if that is unknown, and everything has to be read: for a role that cannot read the history, an Alembic chain, or
/// a head that no gate has verified.
pub async fn find(session: &Session, config: &Config, file: &Path, ignored: &Ignored) -> Option<Unchanged> {
    if chosen::project(config).ok()?.is_some() {
        return None;
    }
    let chain = source::of(config).ok()?;
    let (table, reads) = (&config.chain.history_table, [Read::Summary(chain.len())]);
    let answer = session.send(&history::inquiry(table, history::Look::Full, &reads, None)).await.answer().await;
    let trusted = Trusted { owners: &config.policy.trusted_owners, only_reads: true };
    let told = Told::read(table, trusted, answer).ok()?.ok()?;
    let mark = Mark::read(&told.verified(&chain)?);
    if told.known(&chain) != Known::AtHead || Snapshot::digest(file).as_ref() != Some(&mark.snapshot) {
        return None;
    }
    let before = mark.fingerprint?;
    let now = verify::fingerprint(session, &table.name, ignored).await.ok()?;
    let since = mark.at.unwrap_or_default();
    (now == before).then(|| Unchanged { head: chain.head().id.to_string(), since, notes: mark.notes })
}
