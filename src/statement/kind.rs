//! The kind of a statement, and its demands on the transaction and the locks around it.

use crate::pg::version::ServerVersion;

/// The kind of a statement, as far as its text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// DDL, rights and comments.
    Definition,
    /// INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY, and a query that contains one of them.
    Data,
    /// Code that is not in the text: DO, CALL, EXECUTE, a query that calls a function.
    Opaque,
    /// A query that calls nothing, SHOW, EXPLAIN.
    Query,
    /// Statements that change only the session: SET, RESET, `SELECT set_config(…)`, LISTEN, PREPARE.
    Session,
    /// Repeatable at any time: REFRESH, REINDEX, VACUUM, ANALYZE, CLUSTER, LOCK, NOTIFY, CHECKPOINT.
    Maintenance,
    /// BEGIN, COMMIT and their kin; no statement of a [`Script`](super::Script) is one.
    Transaction,
}

/// The statement's relation to a transaction block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionUse {
    Inside,
    /// The statement cannot run in a transaction on any server.
    Outside,
    /// The statement cannot run in a transaction on this server version and newer ones.
    OutsideFrom(ServerVersion),
}

impl TransactionUse {
    /// True if the statement has to run outside a transaction on this server.
    pub fn is_outside(self, server: ServerVersion) -> bool {
        match self {
            Self::Inside => false,
            Self::Outside => true,
            Self::OutsideFrom(version) => server >= version,
        }
    }
}

/// The need for a lock_timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockUse {
    None,
    /// The statement may queue for a lock on an existing relation, and the traffic on that relation behind it: it needs a
    /// lock_timeout.
    Queues,
}
