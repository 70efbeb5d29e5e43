//! The kind of a statement, and what it asks of the transaction and the locks around it.

use crate::pg::version::ServerVersion;

/// What a statement does, as far as its text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// DDL, rights and comments.
    Definition,
    /// INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY, and a query with one of them in it.
    Data,
    /// Whatever calls code that the text does not show: DO, CALL, EXECUTE, a query that calls a function.
    Opaque,
    /// A query that calls nothing, SHOW, EXPLAIN.
    Query,
    /// What changes the session alone: SET, RESET, `SELECT set_config(…)`, LISTEN, PREPARE.
    Session,
    /// Repeatable at any time: REFRESH, REINDEX, VACUUM, ANALYZE, CLUSTER, LOCK, NOTIFY, CHECKPOINT.
    Maintenance,
    /// BEGIN, COMMIT and their kin; no statement of a [`Script`](super::Script) is one.
    Transaction,
}

/// Whether a statement can run in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionUse {
    Inside,
    /// On no server.
    Outside,
    /// Not on this server version and newer ones.
    OutsideFrom(ServerVersion),
}

impl TransactionUse {
    /// True where the statement has to run outside a transaction on this server.
    pub fn is_outside(self, server: ServerVersion) -> bool {
        match self {
            Self::Inside => false,
            Self::Outside => true,
            Self::OutsideFrom(version) => server >= version,
        }
    }
}

/// Whether a statement may queue for a lock on a relation that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockUse {
    None,
    /// It may, and the traffic on the relation queues behind it: it needs a lock_timeout.
    Queues,
}
