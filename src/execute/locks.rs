//! A full lock table: others fill it, or the revision alone needs more than it has.

use crate::connect::{Message, ServerError, Session};

/// The parameter's name is the same in every language.
const MAX_LOCKS: &str = "max_locks_per_transaction";

/// The number of locks for which the server has room, and the number that others hold (PostgreSQL documentation 19.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocksNeeded {
    per_transaction: u64,
    transactions: u64,
    others: u64,
}

/// True if a statement failed because the lock table is full.
pub fn lacks_locks(error: &ServerError) -> bool {
    error.sqlstate == "53200" && error.hint.as_ref().is_some_and(|hint| hint.contains(MAX_LOCKS))
}

const QUESTION: &str = "SELECT pg_catalog.current_setting('max_locks_per_transaction'), \
    pg_catalog.current_setting('max_connections')::pg_catalog.int8 OPERATOR(pg_catalog.+) \
    pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int8, \
    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks \
    WHERE NOT fastpath AND pid IS DISTINCT FROM pg_catalog.pg_backend_pid())";

impl LocksNeeded {
    /// None if the server does not answer.
    pub(super) async fn ask(session: &Session) -> Option<Self> {
        let answer = session.ask(&[Message::own(QUESTION)]).await.pop()?.ok()?;
        let mut numbers = answer.first()?.iter().map(|column| column.as_deref()?.parse().ok());
        let mut next = || numbers.next().flatten();
        Some(Self { per_transaction: next()?, transactions: next()?, others: next()? })
    }

    /// True if another attempt would fail too: others hold only a few.
    pub fn is_revision_alone(self) -> bool {
        self.others * 4 < self.per_transaction * self.transactions
    }

    /// The advice.
    pub fn advice(self) -> String {
        let Self { per_transaction, transactions, others } = self;
        let all = per_transaction * transactions;
        if self.is_revision_alone() {
            format!(
                "this revision alone needs more locks than {MAX_LOCKS} \u{d7} (max_connections + max_prepared_transactions) = \
                 {per_transaction} \u{d7} {transactions} = {all}: raise {MAX_LOCKS}, or split the revision"
            )
        } else {
            format!(
                "other sessions hold {others} locks of the {all} that there is room for: run again when they are done, or raise \
                 {MAX_LOCKS}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_that_needs_too_many_locks_is_told_from_others_that_hold_them() {
        let needed = |others| LocksNeeded { per_transaction: 64, transactions: 110, others };
        assert!(needed(20).is_revision_alone() && !needed(6000).is_revision_alone());
        assert!(needed(20).advice().contains("64 \u{d7} 110 = 7040"), "{}", needed(20).advice());
    }
}
