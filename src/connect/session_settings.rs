//! lockgate's own SETs: settings of a role, a database or a script must not change the effect of a revision.

use std::time::Duration;

use crate::pg::version::ServerVersion;

/// One message that sets up a session. Only for a session that holds the lock: behind a transaction pooler a SET would leak to
/// other clients.
///
/// The role's timeouts would end the lock holder (`idle_session_timeout`, `transaction_timeout`) or a long statement; with
/// `synchronous_commit = off` a crash could lose a recorded revision; scripts are parsed with `standard_conforming_strings = on`,
/// so they run with it. If a node is lost while it holds the lock, the server notices after 30 s, even with an answer in
/// progress, which a keepalive does not cover.
pub fn settings(version: ServerVersion, statement_timeout: Duration) -> String {
    let mut sql = format!(
        "SET statement_timeout = {}; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
         SET default_transaction_read_only = off; SET standard_conforming_strings = on; SET tcp_keepalives_idle = 15; \
         SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '30s'",
        statement_timeout.as_millis()
    );
    if version.major() >= 14 {
        // After a client is killed, its statement ends within a second instead of continuing with the lock.
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

/// The timeouts of one transaction: the first words of a message, or those after its BEGIN. They end with the transaction, so
/// they are safe behind a transaction pooler. Reading has no time limit; the caller sets a `lock_timeout`.
pub fn local(version: ServerVersion) -> &'static str {
    if version.major() >= 17 {
        "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL transaction_timeout = 0"
    } else {
        "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
    }
}

/// The `lock_timeout` of the role, the database or the server in milliseconds, independent of the session's own SETs.
pub const LOCK_TIMEOUT: &str = "SELECT reset_val FROM pg_settings WHERE name = 'lock_timeout'";
