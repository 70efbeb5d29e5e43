//! What is sent to a server: lockgate's own SQL, or the user's. The two are apart, because whoever may create in a schema of the
//! search_path may put an operator or a function there that fits lockgate's SQL better than pg_catalog's does, and it would run
//! with the gate's rights (CVE-2018-1058; PostgreSQL documentation 5.9.6).

use std::borrow::Cow;

use super::session_settings;
use crate::pg::version::ServerVersion;

/// A message of the simple protocol.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    sql: Cow<'a, str>,
    whose: Whose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Own,
    Found,
    Along,
    Inside,
    AsItStands,
}

/// A path on which nobody but a superuser can put anything: pg_temp stands last, else it would be first.
pub const PATH: &str = "SET LOCAL search_path = pg_catalog, pg_temp";

/// Remembers the path of a transaction that goes on, and leaves it for ours. Compiling a question costs more than running it.
const ENTER: &str = "SELECT WHERE pg_catalog.concat(\
    pg_catalog.set_config('lockgate.path', pg_catalog.current_setting('search_path'), true), \
    pg_catalog.set_config('lockgate.jit', pg_catalog.current_setting('jit'), true), \
    pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('jit', 'off', true)) IS NULL";
const LEAVE: &str = "SELECT WHERE pg_catalog.concat(\
    pg_catalog.set_config('search_path', pg_catalog.current_setting('lockgate.path'), true), \
    pg_catalog.set_config('jit', pg_catalog.current_setting('lockgate.jit'), true)) IS NULL";

impl<'a> Message<'a> {
    /// SQL of lockgate's own, outside any transaction. The message is one transaction, so its path and its timeouts end with it,
    /// also behind a transaction pooler and where it fails.
    pub fn own(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::Own }
    }

    /// The same, where the first statement asks under the user's path, by functions alone, and then sets [`PATH`] itself.
    pub fn finding(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::Found }
    }

    /// The same, where names are looked up or shown as the user's path has them: [`resolved`], [`along`].
    pub fn along(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::Along }
    }

    /// SQL of lockgate's own in a transaction that goes on with the user's: the path is put back at its end. An error ends the
    /// transaction, or the savepoint before the message, and the path with it.
    pub fn inside(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::Inside }
    }

    /// Commands that begin and end transactions, settings, and expressions in which every function and operator has its schema.
    pub fn control(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::AsItStands }
    }

    /// SQL of the chain, or made from it, under the path that the chain means.
    pub fn users(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::AsItStands }
    }

    /// SQL of the user, and a question of ours about what it made, before a savepoint is rolled back.
    pub fn both(users: &str, own: &str) -> Self {
        Self { sql: Cow::Owned(format!("{users}; {ENTER}; {own}")), whose: Whose::AsItStands }
    }

    /// A question of ours in a transaction of ours, planned under [`PATH`] and read under another: names in what it reads are
    /// written as `path`, a list of quoted schemas, has them. A cursor is not planned again when the path changes.
    pub fn reading(sql: &str, path: &str) -> Self {
        let sql = format!(
            "{PATH}; DECLARE lockgate_reading NO SCROLL CURSOR FOR {sql}; SET LOCAL search_path = {path}, pg_temp; \
             FETCH ALL FROM lockgate_reading; CLOSE lockgate_reading"
        );
        Self { sql: Cow::Owned(sql), whose: Whose::AsItStands }
    }

    /// A question of ours before a savepoint is rolled back, and the path with it.
    pub fn within(own: &str) -> Self {
        Self { sql: Cow::Owned(format!("{ENTER}; {own}")), whose: Whose::AsItStands }
    }

    /// As it is sent.
    pub fn text(&self, server: ServerVersion) -> Cow<'_, str> {
        match self.whose {
            Whose::AsItStands => Cow::Borrowed(&self.sql),
            Whose::Own => Cow::Owned(format!("{}; {PATH}; {}", session_settings::local(server), self.sql)),
            Whose::Found => Cow::Owned(format!("{}; {}", session_settings::local(server), self.sql)),
            Whose::Along => Cow::Owned(format!("{}; {ENTER}; {}", session_settings::local(server), self.sql)),
            Whose::Inside => Cow::Owned(inside(&self.sql)),
        }
    }
}

/// SQL of lockgate's own as a part of a message in a transaction that goes on.
pub fn inside(sql: &str) -> String {
    format!("{ENTER}; {sql}; {LEAVE}")
}

/// Operators and functions are looked up when a statement is read, names in a value of it when it runs: in between, this
/// expression puts the user's path back. It is true.
pub const ALONG: &str =
    "pg_catalog.set_config('search_path', pg_catalog.current_setting('lockgate.path'), true) IS NOT NULL";

/// An expression along the user's path, in SQL of [`Message::along`] and [`Message::inside`].
pub fn along(expression: &str) -> String {
    format!("(SELECT {expression} FROM (SELECT {ALONG} AS is_along OFFSET 0) AS path WHERE is_along)")
}

/// The oid of a relation that is named along the user's path, as SQL; `name` is SQL too. NULL where there is none.
pub fn resolved(name: &str) -> String {
    along(&format!("pg_catalog.to_regclass({name})::pg_catalog.oid"))
}
