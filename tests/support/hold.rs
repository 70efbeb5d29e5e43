//! A statement of a revision that takes as long as the test wants: it reads a table that the test has locked.

use super::database::{Session, TestDatabase};
use super::eventually::eventually;

/// For a script. It waits while a [`Hold`] is there, and is done at once where none is.
pub const HELD: &str = "SELECT count(*) FROM held.still;";

/// Holds every [`HELD`] of a database until it is dropped.
#[derive(Debug)]
pub struct Hold {
    session: Session,
    /// Asks outside of the transaction that holds: inside one, pg_stat_activity never changes.
    watcher: Session,
}

impl Hold {
    pub fn on(database: &TestDatabase) -> Self {
        database.sql("CREATE SCHEMA IF NOT EXISTS held; CREATE TABLE IF NOT EXISTS held.still ()");
        let session = database.session();
        session.sql("BEGIN; LOCK TABLE held.still");
        Self { session, watcher: database.session() }
    }

    /// The backend of the lock.
    pub fn pid(&self) -> i32 {
        self.session.pid()
    }

    /// Waits until a statement is held, and returns its backend.
    #[track_caller]
    pub fn reached(&self) -> i32 {
        let waiting =
            "SELECT coalesce(min(pid), 0) FROM pg_locks WHERE NOT granted AND relation = 'held.still'::regclass";
        eventually("a statement is held", || self.value(waiting) != "0");
        self.value(waiting).parse().expect("a pid")
    }

    /// Asks in a session beside the one that holds.
    #[track_caller]
    pub fn value(&self, sql: &str) -> String {
        self.watcher.value(sql)
    }

    pub fn release(self) {
        self.session.sql("ROLLBACK");
    }
}
