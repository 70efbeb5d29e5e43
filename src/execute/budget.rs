//! How long the statements of one transaction may queue for locks.

use crate::statement::{LockUse, Statement};

/// The lock budget of a transaction: how long, in all, its statements may queue for locks on tables. While one of them holds
/// a strong lock, readers queue behind the wait for the next, so what the first used up is taken from the others
/// (engine rules, "lock_timeout is per lock").
pub(super) struct Budget {
    whole_ms: u128,
    spending: bool,
    /// The script sets `lock_timeout` itself: its word stands.
    own: bool,
}

/// A transaction that has queued for its whole budget still gets this much for each further lock: enough for a lock that is
/// free, or held for a moment.
const LEAST_MS: u32 = 50;

impl Budget {
    pub(super) fn new(whole_ms: u128) -> Self {
        Self { whole_ms, spending: false, own: whole_ms == 0 }
    }

    /// What sets the timeout for a statement, where that is needed.
    pub(super) fn before(&mut self, statement: &Statement, is_last: bool) -> Option<String> {
        self.own |= statement.sets_lock_timeout;
        if self.own {
            return None;
        }
        // It runs under the path of the script, so every operator has its schema.
        let now = "pg_catalog.date_part('epoch'::pg_catalog.text, pg_catalog.clock_timestamp())";
        if self.spending {
            return Some(format!(
                "SELECT pg_catalog.set_config('lock_timeout', least({whole}::pg_catalog.float8, greatest({LEAST_MS}::pg_catalog.float8, \
                 {whole}::pg_catalog.float8 OPERATOR(pg_catalog.-) (1000::pg_catalog.float8 OPERATOR(pg_catalog.*) ({now} \
                 OPERATOR(pg_catalog.-) pg_catalog.current_setting('lockgate.queuing_since')::pg_catalog.float8))))\
                 ::pg_catalog.int4::pg_catalog.text, true)",
                whole = self.whole_ms
            ));
        }
        if statement.lock == LockUse::None {
            return None;
        }
        if is_last {
            // Nothing comes after it that would need to know what it used up.
            return Some(format!("SET LOCAL lock_timeout = {}", self.whole_ms));
        }
        self.spending = true;
        Some(format!(
            "SELECT pg_catalog.set_config('lock_timeout', '{}', true), \
             pg_catalog.set_config('lockgate.queuing_since', {now}::pg_catalog.text, true)",
            self.whole_ms
        ))
    }
}
