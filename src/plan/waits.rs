//! Transactions for which a plan would wait: long open ones, and prepared ones.

use super::Planned;
use crate::assess::Action;
use crate::chain::Chain;
use crate::connect::{Message, Session};
use crate::statement::{LockUse, Trace, impact};

/// The age in seconds from which a transaction is worth a warning.
const LONG_SECONDS: u32 = 5;

/// Another session's transaction.
struct Open {
    /// The session in words.
    who: String,
    /// The relations that it has locked.
    relations: Vec<String>,
}

/// A warning for each transaction for which a statement of the plan would wait. No query is made if no statement can wait.
pub async fn warnings(session: &Session, chain: &Chain, plan: &[Planned]) -> Vec<String> {
    let steps = || plan.iter().flat_map(|planned| planned.steps.iter().map(move |step| (planned, step)));
    let runs = |step: &super::Step| *step.verdict.action() != Action::Nothing;
    let builds = steps().any(|(_, step)| runs(step) && is_patient(step.statement.trace()));
    if !builds && !steps().any(|(_, step)| runs(step) && step.statement.lock == LockUse::Queues) {
        return Vec::new();
    }
    let open = open(session).await;
    if open.is_empty() {
        return Vec::new();
    }
    let mut locked: Vec<String> = Vec::new();
    for (planned, step) in steps().filter(|(_, step)| runs(step) && step.statement.lock == LockUse::Queues) {
        let text = &planned.script(chain).text[step.statement.range.clone()];
        let locks = impact::impact(text, &|_| false).locks;
        locked.extend(locks.into_iter().map(|lock| bare(&lock.on)));
    }
    let warning = |open: &Open| {
        let on = open.relations.iter().find(|name| locked.contains(&bare(name)));
        match (on, builds) {
            (Some(name), _) => Some(format!("{} holds a lock on {name}, for which this plan would wait", open.who)),
            (None, true) => Some(format!("{}: CONCURRENTLY would wait for its end", open.who)),
            (None, false) => None,
        }
    };
    open.iter().filter_map(warning).collect()
}

fn is_patient(trace: &Trace) -> bool {
    matches!(trace, Trace::NewIndex { .. } | Trace::GoneIndex { .. } | Trace::Rebuilt { .. })
}

fn bare(name: &str) -> String {
    name.rsplit(['.', ' ']).next().unwrap_or(name).trim_matches('"').to_owned()
}

/// The open transactions; empty if the server does not answer.
async fn open(session: &Session) -> Vec<Open> {
    let relations = |on: &str| {
        format!(
            "(SELECT pg_catalog.string_agg(DISTINCT c.relname::text, ',') FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c \
             ON c.oid = l.relation WHERE l.locktype = 'relation' AND l.granted AND c.relkind IN ('r', 'p', 'm', 'v') \
             AND c.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace AND {on})"
        )
    };
    let sql = format!(
        "SELECT 'pid ' || a.pid || coalesce(', role ' || a.usename, '') || coalesce(', ' || nullif(a.application_name, ''), '') \
         || ', transaction open for ' || round(extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)) || ' s', {} \
         FROM pg_catalog.pg_stat_activity a WHERE a.datname = pg_catalog.current_database() AND a.pid <> \
         pg_catalog.pg_backend_pid() AND a.xact_start < pg_catalog.clock_timestamp() - interval '{LONG_SECONDS} s' \
         AND a.backend_type = 'client backend' \
         UNION ALL SELECT 'prepared transaction ' || p.gid || ', since ' || p.prepared::timestamptz(0) || ' (COMMIT PREPARED \
         or ROLLBACK PREPARED ends it)', {} FROM pg_catalog.pg_prepared_xacts p \
         WHERE p.database = pg_catalog.current_database()",
        relations("l.pid = a.pid"),
        relations(
            "l.pid IS NULL AND l.virtualtransaction IN (SELECT t.virtualtransaction FROM pg_catalog.pg_locks t WHERE \
             t.pid IS NULL AND t.locktype = 'transactionid' AND t.transactionid = p.transaction)"
        ),
    );
    let rows = match session.send(&Message::own(sql)).await.rows().await {
        Ok(rows) => rows,
        Err(_) => return Vec::new(),
    };
    let read = |row: crate::connect::Row| {
        let mut columns = row.into_iter();
        let who = columns.next()??;
        let relations = columns.next().flatten().unwrap_or_default();
        Some(Open { who, relations: relations.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect() })
    };
    rows.into_iter().filter_map(read).collect()
}
