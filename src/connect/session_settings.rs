//! lockgate's own SETs: what a role, a database or a script may have set must not change how a revision runs.

use std::time::Duration;

use crate::pg::version::ServerVersion;

/// One message that makes a session ours. Only for a session that holds the lock: behind a transaction pooler a SET would
/// leak to other clients.
///
/// Timeouts of the role would kill the lock holder (`idle_session_timeout`, `transaction_timeout`) or a long statement; with
/// `synchronous_commit = off` a recorded revision could be lost in a crash; scripts are read with
/// `standard_conforming_strings = on`, so they run with it. A node that is lost while it holds the lock is noticed by the server
/// after 30 s, also with an answer under way to it, of which a keepalive knows nothing.
pub fn settings(version: ServerVersion, statement_timeout: Duration) -> String {
    let mut sql = format!(
        "SET statement_timeout = {}; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
         SET default_transaction_read_only = off; SET standard_conforming_strings = on; SET tcp_keepalives_idle = 15; \
         SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '30s'",
        statement_timeout.as_millis()
    );
    if version.major() >= 14 {
        // A killed client's statement ends within a second instead of running on with the lock.
        sql.push_str("; SET idle_session_timeout = 0; SET client_connection_check_interval = '1s'");
    }
    if version.major() >= 17 {
        sql.push_str("; SET transaction_timeout = 0");
    }
    sql.push_str(
        "; SELECT pg_catalog.set_config('synchronous_commit', 'local', false) \
         WHERE pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off'::pg_catalog.text",
    );
    sql
}

/// The timeouts of one transaction: the first words of a message, or what follows its BEGIN. They end with the transaction, so
/// they are safe behind a transaction pooler. What is looked at takes as long as it takes; a `lock_timeout` is the caller's.
pub fn local(version: ServerVersion) -> &'static str {
    if version.major() >= 17 {
        "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL transaction_timeout = 0"
    } else {
        "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
    }
}

/// The `lock_timeout` of the role, the database or the server in milliseconds, whatever the session has set since.
pub const LOCK_TIMEOUT: &str = "SELECT reset_val FROM pg_settings WHERE name = 'lock_timeout'";
