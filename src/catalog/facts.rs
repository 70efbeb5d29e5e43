//! Reads the facts of some kinds of objects in a read-only transaction.

use std::time::Duration;

use super::error::CatalogError;
use crate::connect::{Message, Session, session_settings};
use crate::object::{Fact, Kind, Scope, question};
use crate::pg::name::quote_ident;

/// The catalog's texts must not depend on settings of the role or the database.
pub const SETTINGS: &str = "SET LOCAL jit = off; SET LOCAL cursor_tuple_fraction = 1; SET LOCAL work_mem = '32MB'; \
    SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; \
    SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL quote_all_identifiers = off; \
    SET LOCAL xmlbinary = 'base64'";

/// All schemas except the server's own and those of extensions.
pub const SCHEMAS: &str = "SELECT n.nspname FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')";

/// Reads all objects of these kinds, with their owners and grants. Returns none if the path contains no schema.
///
/// # Errors
/// The connection broke, or a definition is locked.
pub async fn facts(
    session: &Session,
    kinds: &[&'static Kind],
    lock_timeout: Duration,
) -> Result<Vec<Fact>, CatalogError> {
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}; SET LOCAL lock_timeout = {}; {SETTINGS}; SELECT pg_catalog.current_schema()",
        session_settings::local(session.server),
        lock_timeout.as_millis()
    );
    let begun = session.send(&Message::control(begin)).await.rows().await;
    let read = match begun {
        Ok(rows) => within(session, kinds, rows.into_iter().find_map(|row| row.into_iter().next()?)).await,
        Err(error) => Err(error.into()),
    };
    session.send(&Message::control("ROLLBACK")).await.done().await?;
    read
}

async fn within(session: &Session, kinds: &[&'static Kind], home: Option<String>) -> Result<Vec<Fact>, CatalogError> {
    let Some(home) = home else { return Ok(Vec::new()) };
    let rows = session.send(&Message::reading(SCHEMAS, "pg_catalog")).await.rows().await?;
    let schemas = rows.into_iter().filter_map(|row| row.into_iter().next()?).collect();
    let scope = Scope { home, schemas, privileges: true, ..Scope::default() };
    let mut facts = Vec::new();
    for kind in kinds {
        let sql = question(kind, &scope, session.server);
        for row in session.send(&Message::reading(&sql, &quote_ident(&scope.home))).await.rows().await? {
            facts.push(Fact::of_row(kind, row).map_err(|error| CatalogError::Answer(error.to_string()))?);
        }
    }
    Ok(facts)
}
