//! The time for which the statements of one transaction may queue for locks.

use crate::statement::{LockUse, Statement};

/// The lock budget of a transaction: the total time for which its statements may queue for locks on tables. While it holds a
/// strong lock, readers queue behind its wait for the next, so the time that the first used is taken from the others (engine
/// rules, "lock_timeout is per lock").
pub(super) struct Budget {
    whole_ms: u128,
    spending: bool,
    /// True if the script sets `lock_timeout` itself: its value holds.
    own: bool,
}

/// A transaction that has used up its budget still gets this much for each further lock: enough for a lock that is free, or held
/// briefly.
const LEAST_MS: u32 = 50;

impl Budget {
    pub(super) fn new(whole_ms: u128) -> Self {
        Self { whole_ms, spending: false, own: whole_ms == 0 }
    }

    /// The SQL that sets the timeout for a statement, if needed.
    pub(super) fn before(&mut self, statement: &Statement, is_last: bool) -> Option<String> {
        self.own |= statement.sets_lock_timeout;
        if self.own {
            return None;
        }
        // It runs with the script's search_path, so every operator has its schema.
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
            // No later statement needs to know the time that it used.
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
