//! The messages to a server: lockgate's own SQL, or the user's. The two are kept apart, because a role that may create in a
//! schema of the search_path can put an operator or a function there that matches lockgate's SQL better than pg_catalog's, and it
//! would run with the gate's rights (CVE-2018-1058; PostgreSQL documentation 5.9.6).

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

/// A path to which only a superuser can add objects: without pg_temp at the end, pg_temp would come first.
pub const PATH: &str = "SET LOCAL search_path = pg_catalog, pg_temp";

/// Saves the path of the current transaction and sets ours. Compiling a query costs more than running it.
const ENTER: &str = "SELECT WHERE pg_catalog.concat(\
    pg_catalog.set_config('lockgate.path', pg_catalog.current_setting('search_path'), true), \
    pg_catalog.set_config('lockgate.jit', pg_catalog.current_setting('jit'), true), \
    pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('jit', 'off', true)) IS NULL";
const LEAVE: &str = "SELECT WHERE pg_catalog.concat(\
    pg_catalog.set_config('search_path', pg_catalog.current_setting('lockgate.path'), true), \
    pg_catalog.set_config('jit', pg_catalog.current_setting('lockgate.jit'), true)) IS NULL";

impl<'a> Message<'a> {
    /// lockgate's own SQL outside any transaction. The message is one transaction, so its path and its timeouts end with it, even
    /// behind a transaction pooler and after an error.
    pub fn own(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::Own }
    }

    /// As [`Self::own`], but the first statement resolves names with the user's path, by functions alone, and then sets [`PATH`]
    /// itself.
    pub fn finding(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::Found }
    }

    /// As [`Self::own`], but names are resolved or shown with the user's path: [`resolved`], [`along`].
    pub fn along(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::Along }
    }

    /// lockgate's own SQL in a transaction with the user's statements: the path is restored at its end. An error ends the
    /// transaction, or the savepoint before the message, and the path with it.
    pub fn inside(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::Inside }
    }

    /// Commands that begin and end transactions, settings, and expressions with a schema on every function and operator.
    pub fn control(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::AsItStands }
    }

    /// SQL of the chain, or derived from it, with the chain's own path.
    pub fn users(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::AsItStands }
    }

    /// A statement of the user that can change no setting, and commands of [`Self::control`] around it.
    pub fn around(sql: impl Into<Cow<'a, str>>) -> Self {
        Self { sql: sql.into(), whose: Whose::AsItStands }
    }

    /// SQL of the user, and a query of ours about its result, before a savepoint is rolled back.
    pub fn both(users: &str, own: &str) -> Self {
        Self { sql: Cow::Owned(format!("{users}; {ENTER}; {own}")), whose: Whose::AsItStands }
    }

    /// A query of ours in a transaction of ours, planned with [`PATH`] and run with another: the names in its results are
    /// relative to `path`, a list of quoted schemas. A cursor is not planned again when the path changes.
    pub fn reading(sql: &str, path: &str) -> Self {
        let sql = format!(
            "{PATH}; DECLARE lockgate_reading NO SCROLL CURSOR FOR {sql}; SET LOCAL search_path = {path}, pg_temp; \
             FETCH ALL FROM lockgate_reading; CLOSE lockgate_reading"
        );
        Self { sql: Cow::Owned(sql), whose: Whose::AsItStands }
    }

    /// A query of ours before a savepoint, and the path with it, is rolled back.
    pub fn within(own: &str) -> Self {
        Self { sql: Cow::Owned(format!("{ENTER}; {own}")), whose: Whose::AsItStands }
    }

    /// The text that is sent.
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

/// lockgate's own SQL as a part of a message in an open transaction.
pub fn inside(sql: &str) -> String {
    format!("{ENTER}; {sql}; {LEAVE}")
}

/// Operators and functions are resolved when a statement is parsed, names in its values when it runs: in between, this expression
/// restores the user's path. It is true.
pub const ALONG: &str =
    "pg_catalog.set_config('search_path', pg_catalog.current_setting('lockgate.path'), true) IS NOT NULL";

/// An expression evaluated with the user's path, in SQL of [`Message::along`] and [`Message::inside`].
pub fn along(expression: &str) -> String {
    format!("(SELECT {expression} FROM (SELECT {ALONG} AS is_along OFFSET 0) AS path WHERE is_along)")
}

/// An expression evaluated with another path, a list of quoted schemas, in SQL of [`Message::own`]: its operators and functions are
/// resolved before.
pub fn with_path(expression: &str, path: &str) -> String {
    let path = crate::pg::name::quote_literal(path);
    format!(
        "(SELECT {expression} FROM (SELECT pg_catalog.set_config('search_path', {path}, true) IS NOT NULL AS is_along OFFSET 0) AS \
         path WHERE is_along)"
    )
}

/// The oid of a relation whose name is resolved with the user's path, as SQL; `name` is SQL too. NULL if there is none.
pub fn resolved(name: &str) -> String {
    along(&format!("pg_catalog.to_regclass({name})::pg_catalog.oid"))
}
