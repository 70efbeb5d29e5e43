//! Recovery of a statement that was started outside a transaction: the catalog shows if it ran, and leftovers are removed.

use std::time::{Duration, Instant};

use super::Worker;
use super::stop::Signal;
use crate::connect::{Message, Row, Session, SessionError, message};
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::Named;
use crate::statement::{Scope, Trace};

/// The next action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    Ran,
    Run,
    /// It was left half-done: this statement completes it.
    Finish(String),
}

/// The reason why it is undecided.
#[derive(Debug)]
pub enum Undecided {
    /// The catalog contains no evidence.
    Unknown,
    Stopped(Signal),
    Session(SessionError),
}

impl From<SessionError> for Undecided {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

/// `in_doubt`: true if the statement was started before, by a run that did not see its end.
pub(super) async fn judge(
    worker: &Worker<'_>,
    trace: &Trace,
    in_doubt: bool,
    indexes_before: &[u32],
) -> Result<Finding, Undecided> {
    match trace {
        Trace::NewIndex { table, name: Some(name) } => {
            let wanted = format!("c.relname = {}", quote_literal(name));
            new_index(worker, table, &wanted, in_doubt).await
        }
        Trace::NewIndex { .. } if !in_doubt => Ok(Finding::Run),
        Trace::NewIndex { table, name: None } => {
            let before = indexes_before.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            new_index(worker, table, &format!("c.oid <> ALL ('{{{before}}}'::oid[])"), in_doubt).await
        }
        Trace::Rebuilt { scope } => rebuilt(worker.held.session(), scope).await,
        Trace::Detached { parent, partition } => detached(worker.held.session(), parent, partition, in_doubt).await,
        _ if !in_doubt => Ok(Finding::Run),
        Trace::GoneIndex { index } => {
            let gone = ask(worker.held.session(), format!("SELECT {} IS NULL", regclass(index))).await?;
            Ok(if is_true(&gone) { Finding::Ran } else { Finding::Run })
        }
        Trace::Repeatable => Ok(Finding::Run),
        Trace::None => Err(Undecided::Unknown),
    }
}

/// The oids of a table's indexes.
pub(super) async fn indexes(session: &Session, table: &Named) -> Vec<u32> {
    let sql = format!("SELECT indexrelid FROM pg_catalog.pg_index WHERE indrelid = {}", regclass(table));
    // A missing table is the statement's own error, a moment later.
    let rows = ask(session, sql).await.unwrap_or_default();
    rows.iter().filter_map(|row| row.first()?.as_deref()?.parse().ok()).collect()
}

fn regclass(named: &Named) -> String {
    let name = match &named.schema {
        Some(schema) => format!("{}.{}", quote_ident(schema), quote_ident(&named.name)),
        None => quote_ident(&named.name),
    };
    message::resolved(&quote_literal(&name))
}

async fn ask(session: &Session, sql: String) -> Result<Vec<Row>, SessionError> {
    session.ask(&[Message::along(sql)]).await.pop().unwrap_or_else(|| Ok(Vec::new()))
}

async fn drop_index(session: &Session, index: &str) -> Result<(), SessionError> {
    let drop = Message::control(format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"));
    session.send(&drop).await.done().await.map(|_| ())
}

fn is_true(rows: &[Row]) -> bool {
    rows.first().and_then(|row| row.first()).and_then(Option::as_deref) == Some("t")
}

/// The interval for inspecting an index while its builder, a backend that outlived its client, is still at work.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
const SAY_AGAIN: Duration = Duration::from_secs(30);

/// A valid index means that it ran; an INVALID one is waited for while a session builds it, and dropped otherwise (PostgreSQL
/// documentation, CREATE INDEX, "Building Indexes Concurrently").
async fn new_index(worker: &Worker<'_>, table: &Named, wanted: &str, in_doubt: bool) -> Result<Finding, Undecided> {
    let (session, cx) = (worker.held.session(), worker.cx);
    let sql = format!(
        "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), i.indisvalid, \
         (SELECT l.pid FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.relation = i.indrelid AND l.granted \
         AND l.mode = 'ShareUpdateExclusiveLock' AND l.pid <> pg_catalog.pg_backend_pid() LIMIT 1) \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE i.indrelid = {} AND {wanted}",
        regclass(table)
    );
    let (began, mut said) = (Instant::now(), None::<Instant>);
    loop {
        let rows = ask(session, sql.clone()).await?;
        let Some(row) = rows.first() else { return Ok(Finding::Run) };
        let column = |at: usize| row.get(at).and_then(Option::as_deref);
        let (index, builder) = (column(0).unwrap_or_default(), column(2));
        if column(1) == Some("t") {
            return Ok(if in_doubt { Finding::Ran } else { Finding::Run });
        }
        let Some(pid) = builder.filter(|_| began.elapsed() < cx.patience.lock_wait) else {
            tracing::warn!("the index {index} is INVALID and nobody builds it: dropping it, to build it again");
            drop_index(session, index).await?;
            continue;
        };
        if said.is_none_or(|said| said.elapsed() > SAY_AGAIN) {
            said = Some(Instant::now());
            tracing::info!(
                pid,
                "the index {index} is being built by a session that outlived its client: waiting for it"
            );
        }
        if let Some(signal) = cx.stop.within(LOOK_AGAIN).await {
            return Err(Undecided::Stopped(signal));
        }
    }
}

/// REINDEX CONCURRENTLY builds a second index (`_ccnew`) and swaps; a broken one leaves an INVALID index to be dropped
/// (PostgreSQL documentation, REINDEX, "Rebuilding Indexes Concurrently").
async fn rebuilt(session: &Session, scope: &Scope) -> Result<Finding, Undecided> {
    let condition = match scope {
        Scope::Index(index) => format!(
            "i.indrelid = (SELECT x.indrelid FROM pg_catalog.pg_index x WHERE x.indexrelid = {})",
            regclass(index)
        ),
        // The table's TOAST table has an index too.
        Scope::Table(table) => format!(
            "i.indrelid IN (SELECT unnest(ARRAY[t.oid, t.reltoastrelid]) FROM pg_catalog.pg_class t WHERE t.oid = {})",
            regclass(table)
        ),
        Scope::Schema(schema) => format!("n.nspname = {}", quote_literal(schema)),
        Scope::Database => "true".to_owned(),
    };
    let sql = format!(
        "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND {condition} \
         AND c.relname ~ '_cc(new|old)[0-9]*$' AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE \
         l.locktype = 'relation' AND l.relation = i.indrelid AND l.granted AND l.mode = 'ShareUpdateExclusiveLock' \
         AND l.pid <> pg_catalog.pg_backend_pid())"
    );
    for row in ask(session, sql).await? {
        let Some(Some(index)) = row.first() else { continue };
        tracing::warn!("the index {index} is left of a REINDEX CONCURRENTLY that broke off: dropping it");
        drop_index(session, index).await?;
    }
    Ok(Finding::Run)
}

/// A partition whose detachment is pending, for whatever reason, is detached with FINALIZE (PostgreSQL documentation, ALTER
/// TABLE).
async fn detached(session: &Session, parent: &Named, partition: &Named, in_doubt: bool) -> Result<Finding, Undecided> {
    let sql = format!(
        "SELECT inhdetachpending, inhparent::regclass, inhrelid::regclass FROM pg_catalog.pg_inherits \
         WHERE inhparent = {} AND inhrelid = {}",
        regclass(parent),
        regclass(partition)
    );
    let rows = ask(session, sql).await?;
    let Some(row) = rows.first() else { return Ok(if in_doubt { Finding::Ran } else { Finding::Run }) };
    Ok(match row.as_slice() {
        [Some(pending), Some(parent), Some(partition)] if pending == "t" => {
            Finding::Finish(format!("ALTER TABLE {parent} DETACH PARTITION {partition} FINALIZE"))
        }
        _ => Finding::Run,
    })
}
