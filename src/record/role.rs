//! The part that a statement plays in a recording. Pure.

use std::collections::HashSet;

use super::spoken::Spoken;
use crate::config::HistoryTable;
use crate::sql::Named;
use crate::statement::{Control, Heard, Kind};

/// The part of one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Control(Control),
    /// A write to the version table: the end of a revision.
    Version,
    /// A read of the version table, or its creation.
    AroundVersion,
    /// A statement of the driver, or one that concerns only the session.
    Noise,
    /// A read of the catalog alone.
    Catalog,
    Work,
}

/// The names of the built-in relations and functions.
#[derive(Debug, Default)]
pub struct ServersOwn {
    pub relations: HashSet<String>,
    pub functions: HashSet<String>,
}

/// Settings that do not influence a revision's effect: a driver's, and timeouts that the gate controls.
const HARMLESS: [&str; 18] = [
    "application_name",
    "bytea_output",
    "client_encoding",
    "client_min_messages",
    "datestyle",
    "extra_float_digits",
    "geqo",
    "idle_in_transaction_session_timeout",
    "intervalstyle",
    "jit",
    "lock_timeout",
    "standard_conforming_strings",
    "statement_timeout",
    "session characteristics",
    "transaction",
    "transaction_isolation",
    "transaction_timeout",
    "idle_session_timeout",
];

impl Role {
    pub fn of(spoken: &Spoken, version: &HistoryTable, own: &ServersOwn) -> Self {
        let Some(heard) = &spoken.heard else { return Self::Work };
        if let Some(control) = heard.control {
            return Self::Control(control);
        }
        let is_version = |name: &Named| is_table(name, version);
        if heard.target.as_ref().is_some_and(is_version) {
            return Self::Version;
        }
        if !heard.relations.is_empty() && heard.relations.iter().all(is_version) {
            return Self::AroundVersion;
        }
        match heard.kind {
            Kind::Session => session(spoken, heard),
            Kind::Query | Kind::Opaque if heard.tag == "SELECT" => own.reading(heard),
            Kind::Query if heard.tag == "SHOW" => show(heard),
            Kind::Query | Kind::Opaque | Kind::Definition | Kind::Data | Kind::Maintenance | Kind::Transaction => {
                Self::Work
            }
        }
    }
}

/// True if the names match; if only one has a schema, the search_path decides for the other.
fn is_table(name: &Named, table: &HistoryTable) -> bool {
    let schemas = name.schema.as_ref().zip(table.schema.as_ref());
    name.name == table.name && schemas.is_none_or(|(one, other)| one == other)
}

/// A driver reads its own settings.
fn show(heard: &Heard) -> Role {
    let is_drivers = heard.setting.as_ref().is_some_and(|setting| HARMLESS.contains(&setting.name.as_str()));
    if is_drivers { Role::Noise } else { Role::Catalog }
}

fn session(spoken: &Spoken, heard: &Heard) -> Role {
    match (&heard.setting, heard.tag.as_str()) {
        (Some(setting), _) if setting.name.is_empty() => Role::Noise,
        (Some(setting), _) if !setting.is_local && HARMLESS.contains(&setting.name.as_str()) => Role::Noise,
        (None, "SELECT") => {
            let name = crate::sql::strings_in(&spoken.text).into_iter().next().unwrap_or_default();
            if HARMLESS.contains(&name.to_ascii_lowercase().as_str()) { Role::Noise } else { Role::Work }
        }
        (None, "DEALLOCATE" | "DISCARD" | "UNLISTEN" | "CLOSE CURSOR" | "LISTEN") => Role::Noise,
        _ => Role::Work,
    }
}

/// Built-in functions that depend on rows, or change something.
const OF_ROWS: [&str; 9] = [
    "nextval",
    "setval",
    "currval",
    "lastval",
    "pg_sequence_last_value",
    "pg_notify",
    "set_config",
    "pg_sleep",
    "pg_logical_emit_message",
];

/// Built-in relations that contain row data.
const OF_DATA: [&str; 4] = ["pg_sequences", "pg_stats", "pg_largeobject", "pg_statistic"];

impl ServersOwn {
    fn reading(&self, heard: &Heard) -> Role {
        if heard.relations.is_empty() && heard.calls.is_empty() {
            return Role::Noise;
        }
        let is_lock = |call: &Named| call.name.starts_with("pg_advisory_") || call.name.starts_with("pg_try_advisory_");
        if heard.relations.is_empty() && heard.calls.iter().all(is_lock) {
            return Role::Noise;
        }
        let is_own = heard.relations.iter().all(|name| self.is_catalog(name))
            && heard.calls.iter().all(|name| self.is_function(name));
        if is_own { Role::Catalog } else { Role::Work }
    }

    fn is_catalog(&self, name: &Named) -> bool {
        match name.schema.as_deref() {
            Some("information_schema") => true,
            Some("pg_catalog") | None => {
                self.relations.contains(&name.name)
                    && !OF_DATA.contains(&name.name.as_str())
                    && !name.name.starts_with("pg_stat_")
                    && !name.name.starts_with("pg_statio_")
            }
            Some(_) => false,
        }
    }

    fn is_function(&self, name: &Named) -> bool {
        let is_servers = name.schema.as_deref().is_none_or(|schema| schema == "pg_catalog");
        let tells_of_rows = OF_ROWS.contains(&name.name.as_str())
            || name.name.contains("_to_xml")
            || name.name.starts_with("lo_")
            || name.name.ends_with("_size");
        is_servers && self.functions.contains(&name.name) && !tells_of_rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::trace::Answer;
    use crate::statement::heard;

    fn role(sql: &str) -> Role {
        let own = ServersOwn {
            relations: ["pg_class", "pg_sequences", "pg_stat_user_tables"].map(str::to_owned).into(),
            functions: ["version", "nextval", "count", "set_config", "pg_relation_size"].map(str::to_owned).into(),
        };
        let spoken = Spoken {
            connection: 0,
            text: sql.to_owned(),
            heard: heard(sql).unwrap().pop(),
            parameters: Vec::new(),
            in_transaction: true,
            answer: Answer::default(),
            error: None,
            copied: Vec::new(),
        };
        Role::of(&spoken, &HistoryTable { schema: None, name: "alembic_version".to_owned() }, &own)
    }

    #[test]
    fn a_revision_ends_where_a_row_of_the_version_table_is_written() {
        assert_eq!(
            role("UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a'"),
            Role::Version
        );
        assert_eq!(role("INSERT INTO public.alembic_version (version_num) VALUES ('a')"), Role::Version);
        assert_eq!(role("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)"), Role::AroundVersion);
        assert_eq!(role("SELECT alembic_version.version_num FROM alembic_version"), Role::AroundVersion);
        // A column of that name and a copy of the table are not the table.
        assert_eq!(role("UPDATE app SET alembic_version = 'b'"), Role::Work);
        assert_eq!(role("INSERT INTO log SELECT version_num FROM alembic_version"), Role::Work);
    }

    #[test]
    fn the_catalog_is_the_servers_own_and_tells_nothing_of_rows() {
        for sql in
            ["SELECT relname FROM pg_class", "SELECT 1 FROM information_schema.columns", "SELECT version()", "SHOW x"]
        {
            assert_eq!(role(sql), Role::Catalog, "{sql}");
        }
        for sql in [
            "SELECT count(*) FROM t",
            "SELECT nextval('s')",
            "SELECT f()",
            "SELECT last_value FROM pg_sequences",
            "SELECT n_live_tup FROM pg_stat_user_tables",
            "SELECT pg_relation_size('t')",
            "SELECT * FROM app.pg_class",
            "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
        ] {
            assert_eq!(role(sql), Role::Work, "{sql}");
        }
    }

    #[test]
    fn what_is_the_sessions_alone_is_noise_and_a_path_is_not() {
        for sql in [
            "SELECT 1",
            "SET statement_timeout = 0",
            "SELECT set_config('jit', 'off', false)",
            "RESET ALL",
            "SELECT pg_advisory_lock(1)",
            "DEALLOCATE a",
            "SHOW transaction isolation level",
        ] {
            assert_eq!(role(sql), Role::Noise, "{sql}");
        }
        for sql in
            ["SET search_path TO a", "SET LOCAL lock_timeout = '4s'", "SELECT set_config('search_path', 'a', false)"]
        {
            assert_eq!(role(sql), Role::Work, "{sql}");
        }
    }
}
